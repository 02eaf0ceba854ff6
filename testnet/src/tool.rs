//! Running the binaries that stand beside this one, as a user would.

use crate::error::TestnetError;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// The directory of this executable, or the one above it where tests and examples lie in a folder of their own.
#[must_use]
pub fn binary_path(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let directory = own.parent().unwrap_or(Path::new("."));
    let beside = directory.join(name);
    let above = directory.parent().map(|above| above.join(name)).filter(|path| !beside.exists() && path.exists());
    above.unwrap_or(beside)
}

/// Finds a binary.
///
/// # Errors
/// It was not built.
pub fn binary(name: &str) -> Result<PathBuf, TestnetError> {
    let path = binary_path(name);
    if path.exists() { Ok(path) } else { Err(TestnetError::BinaryMissing { path }) }
}

/// The `eco` command in one directory.
#[derive(Debug, Clone)]
pub struct Eco {
    binary: PathBuf,
    directory: PathBuf,
    passphrase: PathBuf,
}

/// What a run of a tool gave.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The command line, as a user would type it.
    pub command: String,
    /// Exit code; `None` if a signal ended it.
    pub exit: Option<i32>,
    /// Its results.
    pub stdout: String,
    /// Its explanations.
    pub stderr: String,
}

impl Eco {
    /// The command, run in a directory whose folder `home` is ECO_HOME, with the passphrase in a file.
    ///
    /// # Errors
    /// `eco` was not built.
    pub fn new(directory: &Path, passphrase: &Path) -> Result<Self, TestnetError> {
        Ok(Self { binary: binary("eco")?, directory: directory.to_path_buf(), passphrase: passphrase.to_path_buf() })
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// It could not be started. An exit code is no error here.
    pub async fn run(&self, arguments: &[&str]) -> Result<Ran, TestnetError> {
        let mut command = Command::new(&self.binary);
        command.env("ECO_HOME", self.directory.join("home")).env("ECO_PASSPHRASE_FILE", &self.passphrase).env_remove("ECO_NODE");
        run("eco", command, arguments, &self.directory).await
    }

    /// Runs it with `--json` and gives its answer.
    ///
    /// # Errors
    /// It failed, or the answer is no JSON.
    pub async fn json(&self, arguments: &[&str]) -> Result<Value, TestnetError> {
        let ran = self.run(&[arguments, &["--json"]].concat()).await?;
        if ran.exit != Some(0) {
            let exit = ran.exit.map_or_else(|| "a signal".to_string(), |code| code.to_string());
            return Err(TestnetError::Tool { command: ran.command, exit, output: format!("{}{}", ran.stdout, ran.stderr) });
        }
        serde_json::from_str(&ran.stdout).map_err(|_| TestnetError::Answer { command: ran.command, field: "JSON object" })
    }
}

/// Runs `eco-node` in a directory to its end: for its short commands.
///
/// # Errors
/// It was not built, or could not be started.
pub(crate) async fn run_eco_node(arguments: &[&str], directory: &Path) -> Result<Ran, TestnetError> {
    run("eco-node", Command::new(binary("eco-node")?), arguments, directory).await
}

async fn run(name: &str, mut command: Command, arguments: &[&str], directory: &Path) -> Result<Ran, TestnetError> {
    let typed = format!("{name} {}", arguments.iter().map(|a| quoted(a)).collect::<Vec<_>>().join(" "));
    let output = command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| TestnetError::Process { what: typed.clone(), source })?;
    Ok(Ran {
        command: typed,
        exit: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) { argument.to_string() } else { format!("'{argument}'") }
}
