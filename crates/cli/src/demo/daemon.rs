//! The daemon of the demo, in this very process.

use std::sync::Arc;

use thingpass_domain::clock::SystemClock;
use thingpass_domain::entropy::SystemEntropy;
use thingpass_server::config::Config;
use thingpass_server::serve::{Endpoints, ServeFault, serve};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Failure;
use crate::serve::failure;

/// A daemon that runs.
pub(crate) struct Daemon {
    endpoints: Endpoints,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServeFault>>,
}

impl Daemon {
    /// Starts it; returns when both its doors are open.
    pub(crate) async fn start(config: Config) -> Result<Self, Failure> {
        let (tell, told) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let ready = move |endpoints: &Endpoints| {
            // Nobody listens any more where the demo has been stopped meanwhile.
            let _ = tell.send(endpoints.clone());
        };
        let stopped = async move {
            // An error means that the demo is gone, which is a stop too.
            let _ = stopped.await;
        };
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let task = tokio::spawn(serve(config, clock, entropy, ready, stopped));
        match told.await {
            Ok(endpoints) => Ok(Self {
                endpoints,
                stop,
                task,
            }),
            Err(_) => Err(match task.await {
                Ok(Err(fault)) => failure(fault),
                Ok(Ok(())) | Err(_) => Failure::failed("the daemon ended before it was ready"),
            }),
        }
    }

    /// Where its doors are.
    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Stops it in order.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        // An error means that it has ended already; its own outcome tells why.
        let _ = self.stop.send(());
        match self.task.await {
            Ok(outcome) => outcome.map_err(failure),
            Err(_) => Err(Failure::failed("the daemon did not stop in order")),
        }
    }
}
