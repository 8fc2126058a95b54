//! The goals, and whether they are met.

use crate::round::{Case, Series, Spread};

/// Bytes of a connection that waits.
const IDLE_BYTES_MAX: f64 = 24.0 * 1024.0;

/// A figure and its limit.
#[derive(Debug)]
pub(crate) struct Goal {
    /// What is compared.
    pub(crate) title: &'static str,
    /// What it came to.
    pub(crate) figure: Spread,
    /// What it may be at most.
    pub(crate) limit: f64,
    /// How it is written.
    pub(crate) unit: Unit,
}

/// How a figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// So many times.
    Ratio,
    /// Kilobytes.
    Bytes,
}

impl Goal {
    /// Whether the median is within the limit. No figure is not.
    pub(crate) fn is_met(&self) -> bool {
        self.figure.median <= self.limit
    }
}

/// Memory of a connection that waits, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Idle {
    /// The daemon's.
    pub(crate) thingpass: f64,
    /// The reference server's.
    pub(crate) webpki: f64,
}

/// All goals.
pub(crate) fn goals(series: &Series, idle: Idle) -> Vec<Goal> {
    let ratio = |title, case, to: &[Case], limit| Goal {
        title,
        figure: Spread::of(&series.ratios(case, to)),
        limit,
        unit: Unit::Ratio,
    };
    vec![
        ratio(
            "fresh vend (a) / (b) rustls + webpki",
            Case::VendFresh,
            &[Case::WebpkiFresh],
            0.85,
        ),
        ratio(
            "fresh vend (a) / (c) nginx",
            Case::VendFresh,
            &[Case::NginxFresh],
            0.40,
        ),
        ratio(
            "fresh vend (a) / (d) pinned, AES-128",
            Case::VendFresh,
            &[Case::PinnedFresh],
            1.20,
        ),
        ratio(
            "keep-alive vend / (b) keep-alive",
            Case::VendKept,
            &[Case::WebpkiKept],
            2.50,
        ),
        ratio(
            "PutItem / (bare engine put + (b) keep-alive)",
            Case::PutItem,
            &[Case::EnginePut, Case::WebpkiKept],
            1.25,
        ),
        Goal {
            title: "idle mutual-TLS connection, resident memory",
            figure: Spread::of(&[idle.thingpass]),
            limit: IDLE_BYTES_MAX,
            unit: Unit::Bytes,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_without_a_figure_is_missed() {
        let idle = Idle {
            thingpass: 25.0 * 1024.0,
            webpki: 0.0,
        };
        assert!(
            goals(&Series::default(), idle)
                .iter()
                .all(|goal| !goal.is_met())
        );
    }

    #[test]
    fn a_figure_at_the_limit_is_met() {
        let figure = Spread {
            median: 0.85,
            least: 0.1,
            greatest: 2.0,
        };
        let goal = Goal {
            title: "",
            figure,
            limit: 0.85,
            unit: Unit::Ratio,
        };
        assert!(goal.is_met());
    }
}
