//! What one measurement gives, and the series of them over the rounds.

use anyhow::{Result, ensure};

/// One case in one round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outcome {
    /// Microseconds of server CPU for each request.
    pub(crate) cpu_micros: f64,
    /// Requests answered in a second.
    pub(crate) per_second: f64,
}

impl Outcome {
    /// From counts. Too few requests mean nothing.
    pub(crate) fn new(requests: f64, cpu_seconds: f64, seconds: f64) -> Result<Self> {
        ensure!(
            requests >= 50.0,
            "only {requests} requests were answered in {seconds:.1} s"
        );
        Ok(Self {
            cpu_micros: cpu_seconds * 1e6 / requests,
            per_second: requests / seconds,
        })
    }
}

/// What is measured in each round, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Case {
    /// Thingpass: connect, vend, close.
    VendFresh,
    /// rustls with webpki: connect, constant answer, close.
    WebpkiFresh,
    /// nginx: the same.
    NginxFresh,
    /// rustls with a pinned certificate and AES-128: the same.
    PinnedFresh,
    /// Thingpass: vend on a standing connection.
    VendKept,
    /// rustls with webpki: constant answer on a standing connection.
    WebpkiKept,
    /// Thingpass: PutItem on a standing connection.
    PutItem,
    /// The table engine alone: a put.
    EnginePut,
}

impl Case {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::VendFresh,
        Self::WebpkiFresh,
        Self::NginxFresh,
        Self::PinnedFresh,
        Self::VendKept,
        Self::WebpkiKept,
        Self::PutItem,
        Self::EnginePut,
    ];

    /// As the report calls it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::VendFresh => "(a) Thingpass: fresh connection, whole vend",
            Self::WebpkiFresh => {
                "(b) rustls + hyper, chain verified by webpki: fresh connection, constant body"
            }
            Self::NginxFresh => "(c) nginx, tickets off: fresh connection, constant body",
            Self::PinnedFresh => "(d) like (b), pinned certificate and AES-128",
            Self::VendKept => "(a) Thingpass: vend, keep-alive",
            Self::WebpkiKept => "(b) rustls + hyper: constant body, keep-alive",
            Self::PutItem => "Thingpass: PutItem, verified, authorised, durable, keep-alive",
            Self::EnginePut => "bare table engine: put, durable",
        }
    }
}

/// The outcomes of each case, round by round.
#[derive(Debug, Default)]
pub(crate) struct Series(Vec<(Case, Vec<Outcome>)>);

impl Series {
    /// Adds the outcome of a case in the current round.
    pub(crate) fn add(&mut self, case: Case, outcome: Outcome) {
        match self.0.iter_mut().find(|(known, _)| *known == case) {
            Some((_, outcomes)) => outcomes.push(outcome),
            None => self.0.push((case, vec![outcome])),
        }
    }

    /// CPU time of a case in each round.
    pub(crate) fn cpu(&self, case: Case) -> Vec<f64> {
        self.of(case)
            .iter()
            .map(|outcome| outcome.cpu_micros)
            .collect()
    }

    /// Requests a second of a case in each round.
    pub(crate) fn per_second(&self, case: Case) -> Vec<f64> {
        self.of(case)
            .iter()
            .map(|outcome| outcome.per_second)
            .collect()
    }

    /// CPU time of one case over that of others together, round by round.
    pub(crate) fn ratios(&self, case: Case, to: &[Case]) -> Vec<f64> {
        let mut below = vec![0.0; self.of(case).len()];
        for other in to {
            for (sum, cpu) in below.iter_mut().zip(self.cpu(*other)) {
                *sum += cpu;
            }
        }
        self.cpu(case)
            .iter()
            .zip(below)
            .map(|(cpu, below)| cpu / below)
            .collect()
    }

    fn of(&self, case: Case) -> &[Outcome] {
        self.0
            .iter()
            .find(|(known, _)| *known == case)
            .map_or(&[], |(_, outcomes)| outcomes)
    }
}

/// The middle, the least and the greatest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// The median.
    pub(crate) median: f64,
    /// The least.
    pub(crate) least: f64,
    /// The greatest.
    pub(crate) greatest: f64,
}

impl Spread {
    /// Of numbers; NaN of none.
    pub(crate) fn of(numbers: &[f64]) -> Self {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        let median = f64::midpoint(at(last / 2), at(sorted.len() / 2));
        Self {
            median,
            least: at(0),
            greatest: at(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(cpu_micros: f64) -> Outcome {
        Outcome {
            cpu_micros,
            per_second: 1.0,
        }
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let mut series = Series::default();
        for (vend, floor, other) in [(10.0, 20.0, 5.0), (30.0, 10.0, 5.0)] {
            series.add(Case::VendFresh, outcome(vend));
            series.add(Case::WebpkiFresh, outcome(floor));
            series.add(Case::NginxFresh, outcome(other));
        }
        assert_eq!(
            series.ratios(Case::VendFresh, &[Case::WebpkiFresh]),
            [0.5, 3.0]
        );
        let both = [Case::WebpkiFresh, Case::NginxFresh];
        assert_eq!(series.ratios(Case::VendFresh, &both), [0.4, 2.0]);
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        let odd = Spread::of(&[3.0, 1.0, 2.0]);
        assert_eq!((odd.least, odd.median, odd.greatest), (1.0, 2.0, 3.0));
        assert!((Spread::of(&[4.0, 1.0, 2.0, 3.0]).median - 2.5).abs() < 1e-9);
        assert!(Spread::of(&[]).median.is_nan());
    }

    #[test]
    fn a_handful_of_requests_is_no_measurement() {
        assert!(Outcome::new(3.0, 0.1, 2.0).is_err());
    }
}
