//! The run: start everything, measure in rounds, report.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::client::Client;
use crate::engine::Engine;
use crate::floor::constant_body;
use crate::goal::{Goal, Idle, goals};
use crate::load::{self, Expected, Load, Requests};
use crate::material::Material;
use crate::process::{self, Server};
use crate::report::{Conditions, report};
use crate::round::{Case, Outcome, Series};
use crate::story::Thingpass;
use crate::{machine, nginx, say};

/// Fewer rounds make no report.
const ROUNDS_MIN: u32 = 5;
const WARM_UP_SECONDS: f64 = 0.5;
const CONNECTIONS: usize = 16;
const PUT_CONNECTIONS: usize = 8;
const IDLE_CONNECTIONS: u32 = 1000;
const CONSTANT_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// How to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Rounds; a report needs at least 5
    #[arg(long, default_value_t = ROUNDS_MIN)]
    rounds: u32,
    /// Seconds of each case in each round
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// File of the report
    #[arg(long, default_value = "docs/benchmarks.md")]
    out: PathBuf,
    /// The daemon [default: the `thingpass` beside this program]
    #[arg(long)]
    thingpass: Option<PathBuf>,
    /// nginx
    #[arg(long, default_value = "/usr/sbin/nginx")]
    nginx: PathBuf,
    /// Exit with 0 even where a goal is missed
    #[arg(long)]
    no_fail: bool,
    /// Measure this case alone and write no report, for a profiler
    #[arg(long)]
    case: Option<Case>,
    /// Set by the program itself once it runs on its core
    #[arg(long, hide = true)]
    pinned: bool,
}

/// Measures; 1 where a goal is missed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if !options.pinned {
        return Err(pin_self());
    }
    ensure!(
        options.nginx.exists(),
        "`{}` is missing: apt install nginx-light",
        options.nginx.display()
    );
    let thingpass = options.thingpass.clone().map_or_else(beside, Ok)?;
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut bench = Bench::start(&thingpass, &options.nginx, directory.path()).await?;
        if let Some(case) = options.case {
            say(&format!(
                "thingpass is process {}",
                bench.thingpass.server.pid()
            ))?;
            for _ in 0..options.rounds {
                bench.measure(case, options.seconds).await?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let idle = bench.idle().await?;
        let mut series = Series::default();
        for round in 1..=options.rounds {
            say(&format!("round {round} of {}", options.rounds))?;
            for case in Case::ALL {
                series.add(case, bench.measure(case, options.seconds).await?);
            }
        }
        let goals = goals(&series, idle);
        let conditions = Conditions {
            machine: machine::machine(),
            versions: machine::versions(&thingpass, &options.nginx),
            threads: bench.thingpass.server.threads()?,
            rounds: options.rounds,
            seconds: options.seconds,
            body_bytes: bench.body_bytes,
        };
        let text = report(&conditions, &series, idle, &goals);
        if options.rounds >= ROUNDS_MIN {
            std::fs::write(&options.out, &text)
                .with_context(|| format!("cannot write `{}`", options.out.display()))?;
        }
        say(&text)?;
        let all_met = goals.iter().all(Goal::is_met);
        Ok(if all_met || options.no_fail {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    })
}

/// Everything that is measured.
struct Bench {
    thingpass: Thingpass,
    webpki: Server,
    pinned: Server,
    nginx: Server,
    engine: Engine,
    vend_fresh: Arc<Load>,
    vend_kept: Arc<Load>,
    webpki_fresh: Arc<Load>,
    webpki_kept: Arc<Load>,
    pinned_fresh: Arc<Load>,
    nginx_fresh: Arc<Load>,
    put_item: Arc<Load>,
    body_bytes: usize,
}

impl Bench {
    async fn start(program: &Path, nginx: &Path, directory: &Path) -> Result<Self> {
        let material = Material::make(directory)?;
        let thingpass = Thingpass::start(program, &directory.join("thingpass"))?;
        thingpass.configure(&material).await?;
        let client = Client::device(&material)?;
        let (signer, body_bytes) = thingpass.vend(&client).await?;
        let (webpki, webpki_port) = floor("webpki", &material, body_bytes)?;
        let (pinned, pinned_port) = floor("pinned", &material, body_bytes)?;
        let (nginx, nginx_port) = nginx::start(nginx, &material, body_bytes)?;
        let constant = |port, is_fresh| {
            let expected = Expected::Body(constant_body(body_bytes));
            let requests = Requests::Constant(CONSTANT_REQUEST.to_vec());
            let (client, connections) = (client.clone(), CONNECTIONS);
            Arc::new(Load {
                client,
                port,
                is_fresh,
                connections,
                requests,
                expected,
            })
        };
        let vend_request = thingpass.vend_request()?;
        let vend = |is_fresh| {
            let (client, port) = (client.clone(), thingpass.device_port);
            let requests = Requests::Constant(vend_request.clone());
            let (connections, expected) = (CONNECTIONS, Expected::Credentials);
            Arc::new(Load {
                client,
                port,
                is_fresh,
                connections,
                requests,
                expected,
            })
        };
        let put_item = Load {
            client: Client::anonymous()?,
            port: signer.port,
            is_fresh: false,
            connections: PUT_CONNECTIONS,
            requests: Requests::Puts {
                signer: Box::new(signer),
                next: AtomicU64::new(0),
            },
            expected: Expected::Body("{}".to_owned()),
        };
        Ok(Self {
            vend_fresh: vend(true),
            vend_kept: vend(false),
            webpki_fresh: constant(webpki_port, true),
            webpki_kept: constant(webpki_port, false),
            pinned_fresh: constant(pinned_port, true),
            nginx_fresh: constant(nginx_port, true),
            put_item: Arc::new(put_item),
            engine: Engine::new(directory.join("engine.db")),
            thingpass,
            webpki,
            pinned,
            nginx,
            body_bytes,
        })
    }

    async fn measure(&mut self, case: Case, seconds: f64) -> Result<Outcome> {
        let thingpass = &self.thingpass.server;
        let (load, server) = match case {
            Case::VendFresh => (&self.vend_fresh, thingpass),
            Case::VendKept => (&self.vend_kept, thingpass),
            Case::PutItem => (&self.put_item, thingpass),
            Case::WebpkiFresh => (&self.webpki_fresh, &self.webpki),
            Case::WebpkiKept => (&self.webpki_kept, &self.webpki),
            Case::PinnedFresh => (&self.pinned_fresh, &self.pinned),
            Case::NginxFresh => (&self.nginx_fresh, &self.nginx),
            Case::EnginePut => {
                let outcome = self.engine.measure(WARM_UP_SECONDS, seconds)?;
                return told(case, outcome);
            }
        };
        let outcome = load::measure(load, server, WARM_UP_SECONDS, seconds).await;
        told(case, outcome.with_context(|| case.title())?)
    }

    /// Memory of connections that wait after one request each. Measured before the rounds: memory
    /// that a load left free would hide it.
    async fn idle(&self) -> Result<Idle> {
        Ok(Idle {
            thingpass: idle(&self.vend_kept, &self.thingpass.server).await?,
            webpki: idle(&self.webpki_kept, &self.webpki).await?,
        })
    }
}

async fn idle(load: &Load, server: &Server) -> Result<f64> {
    drop(load::open(load, CONNECTIONS).await?);
    let before = server.resident_bytes()?;
    let open = load::open(load, usize::try_from(IDLE_CONNECTIONS)?).await?;
    let after = server.resident_bytes()?;
    drop(open);
    let grown =
        u32::try_from(after.saturating_sub(before)).context("memory grew beyond measure")?;
    Ok(f64::from(grown) / f64::from(IDLE_CONNECTIONS))
}

fn told(case: Case, outcome: Outcome) -> Result<Outcome> {
    let Outcome {
        cpu_micros,
        per_second,
    } = outcome;
    say(&format!(
        "  {:>7.1} µs {per_second:>7.0}/s  {}",
        cpu_micros,
        case.title()
    ))?;
    Ok(outcome)
}

fn floor(mode: &'static str, material: &Material, body_bytes: usize) -> Result<(Server, u16)> {
    let arguments = [
        "floor".to_owned(),
        format!("--mode={mode}"),
        format!("--material={}", material.directory.display()),
        format!("--body-bytes={body_bytes}"),
    ];
    let mut server = Server::start_self(mode, &arguments)?;
    let port = server.first_line()?.parse()?;
    Ok((server, port))
}

fn beside() -> Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("thingpass");
    ensure!(
        program.exists(),
        "`{}` is missing: cargo build --release --workspace",
        program.display()
    );
    Ok(program)
}

/// Starts this program anew on the client's core; comes back only if that fails.
fn pin_self() -> anyhow::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error.into(),
    };
    let mut command = process::pinned(process::CLIENT_CORE, program.as_os_str());
    let error = command
        .args(std::env::args_os().skip(1))
        .arg("--pinned")
        .exec();
    anyhow::Error::new(error).context("cannot start `taskset`: apt install util-linux")
}
