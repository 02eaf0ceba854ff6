//! One real `eco-node` process: started, ready, stopped, killed. Only processes started here are ever signalled.

use crate::error::{TestnetError, file};
use crate::tool::binary;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// How long a node may take to say that it is ready: it re-derives its roots first.
pub const READY_LIMIT: Duration = Duration::from_secs(60);
/// How long a node may take to end after SIGTERM.
pub const STOP_LIMIT: Duration = Duration::from_secs(20);
/// Bytes of a log that are shown when a node ended by itself.
const LOG_TAIL_BYTES: u64 = 4096;

/// A running node process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct NodeProcess {
    organisation: String,
    log: PathBuf,
    child: Child,
    /// Kept open, so that the node never writes to a closed pipe.
    stdout: BufReader<ChildStdout>,
}

impl NodeProcess {
    /// Starts `eco-node run` with a configuration; its log goes to a file that grows over restarts.
    pub(crate) fn start(organisation: &str, config: &Path, log: &Path) -> Result<Self, TestnetError> {
        Self::start_as(&binary("eco-node")?, &[], organisation, config, log)
    }

    /// The same with another program, which takes the same arguments and some more.
    pub(crate) fn start_as(
        program: &Path,
        arguments: &[&str],
        organisation: &str,
        config: &Path,
        log: &Path,
    ) -> Result<Self, TestnetError> {
        let errors = OpenOptions::new().create(true).append(true).open(log).map_err(file(log))?;
        let what = format!("the node of {organisation}");
        let broken = |source| TestnetError::Process { what: what.clone(), source };
        let mut child = Command::new(program)
            .arg("run")
            .arg("--config")
            .arg(config)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| TestnetError::Process { what: what.clone(), source: std::io::ErrorKind::BrokenPipe.into() })?;
        Ok(Self { organisation: organisation.to_string(), log: log.to_path_buf(), child, stdout: BufReader::new(stdout) })
    }

    /// Waits for the line of JSON in which the node states its actual addresses.
    pub(crate) async fn ready(&mut self) -> Result<Value, TestnetError> {
        let mut line = String::new();
        loop {
            line.clear();
            match tokio::time::timeout(READY_LIMIT, self.stdout.read_line(&mut line)).await {
                Ok(Ok(0)) | Ok(Err(_)) => return Err(self.ended().await),
                Ok(Ok(_)) => {
                    if let Ok(value @ Value::Object(_)) = serde_json::from_str(&line) {
                        return Ok(value);
                    }
                }
                Err(_) => {
                    let what = format!("readiness of the node of {}", self.organisation);
                    return Err(TestnetError::TooLate { what, limit: READY_LIMIT, last: self.log_tail() });
                }
            }
        }
    }

    /// The error for a node that ended by itself.
    async fn ended(&mut self) -> TestnetError {
        let exit = match tokio::time::timeout(STOP_LIMIT, self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it closed its output and goes on".to_string(),
        };
        TestnetError::NodeEnded { organisation: self.organisation.clone(), exit, log: self.log.clone(), tail: self.log_tail() }
    }

    /// Fails if the process is no longer there.
    pub(crate) async fn check_alive(&mut self) -> Result<(), TestnetError> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(_)) | Err(_) => Err(self.ended().await),
        }
    }

    /// How it ended, if it has.
    pub(crate) fn end(&mut self) -> Result<Option<ExitStatus>, TestnetError> {
        let what = format!("the node of {}", self.organisation);
        self.child.try_wait().map_err(|source| TestnetError::Process { what, source })
    }

    /// Asks it to end (SIGTERM) and waits for that.
    pub(crate) async fn stop(mut self) -> Result<ExitStatus, TestnetError> {
        self.signal(Signal::TERM)?;
        self.wait("its end after SIGTERM").await
    }

    /// Ends it as a power failure would (SIGKILL).
    pub(crate) async fn kill(mut self) -> Result<ExitStatus, TestnetError> {
        self.signal(Signal::KILL)?;
        self.wait("its end after SIGKILL").await
    }

    fn signal(&self, signal: Signal) -> Result<(), TestnetError> {
        // A child that has been waited for has no id, so no other process is ever meant.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let Some(id) = id else { return Ok(()) };
        let what = format!("a signal to the node of {}", self.organisation);
        kill_process(id, signal).map_err(|e| TestnetError::Process { what, source: e.into() })
    }

    async fn wait(&mut self, what: &str) -> Result<ExitStatus, TestnetError> {
        let named = format!("the node of {}: {what}", self.organisation);
        match tokio::time::timeout(STOP_LIMIT, self.child.wait()).await {
            Ok(Ok(status)) => Ok(status),
            Ok(Err(source)) => Err(TestnetError::Process { what: named, source }),
            Err(_) => Err(TestnetError::TooLate { what: named, limit: STOP_LIMIT, last: self.log_tail() }),
        }
    }

    fn log_tail(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().unwrap_or_else(|error| format!("(log not readable: {error})"))
    }
}
