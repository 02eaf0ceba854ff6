//! Whether this node serves: decided in one place, told by gRPC health, HTTP and the admin service.

use crate::api::Api;
use eco_proto::v1::log_service_server::LogServiceServer;
use eco_proto::v1::registry_service_server::RegistryServiceServer;
use eco_proto::v1::submission_service_server::SubmissionServiceServer;
use eco_proto::v1::verification_service_server::VerificationServiceServer;
use std::time::Duration;
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How often health is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What this node does not serve, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NotServing {
    /// Why it answers no reads as if they were current.
    pub(crate) reads: Option<String>,
    /// Why it takes no submissions.
    pub(crate) submissions: Option<String>,
}

impl Api {
    /// Looks at ledger, head and consensus. Evidence is proven whatever its age, so a node that does not
    /// vote for safety still serves reads; one whose head is old says so.
    pub(crate) fn not_serving(&self) -> NotServing {
        let facts = self.facts.borrow().clone();
        let tip = self.ledger.tip();
        let age_ms = self.now().since(tip.time);
        let stopped = self.ledger.failure().map(|_| "the ledger has stopped".to_owned());
        // Without the age itself, which changes every second: what is told is told once.
        let old = (age_ms > self.head_age_ms_max).then(|| format!("no block for more than {} s", self.head_age_ms_max / 1000));
        let behind = (facts.is_syncing || self.ledger.is_behind()).then(|| format!("catching up to height {}", facts.best_peer_height));
        let reads = stopped.or(behind).or(old);
        let unsafe_to_vote = facts.safety_failure.map(|why| format!("stopped voting for safety: {why}"));
        let low = facts.is_low_on_disk.then(|| "low on disk".to_owned());
        let submissions = reads.clone().or(unsafe_to_vote).or(low).or(facts.stuck);
        NotServing { reads, submissions }
    }

    /// Tells health until the reporter is dropped with its task.
    pub(crate) async fn report_health(self, reporter: HealthReporter) {
        let mut told: Option<NotServing> = None;
        loop {
            let now = self.not_serving();
            if told.as_ref() != Some(&now) {
                let status = |why: &Option<String>| if why.is_none() { ServingStatus::Serving } else { ServingStatus::NotServing };
                if let Some(why) = &now.submissions {
                    tracing::warn!(why, "not serving submissions");
                }
                reporter.set_service_status("", status(&now.submissions)).await;
                reporter.set_service_status(<SubmissionServiceServer<Self> as NamedService>::NAME, status(&now.submissions)).await;
                reporter.set_service_status(<VerificationServiceServer<Self> as NamedService>::NAME, status(&now.reads)).await;
                reporter.set_service_status(<LogServiceServer<Self> as NamedService>::NAME, status(&now.reads)).await;
                reporter.set_service_status(<RegistryServiceServer<Self> as NamedService>::NAME, status(&now.reads)).await;
                told = Some(now);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
