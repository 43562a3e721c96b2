//! Runs one external program: streams into a log file, bounded memory, failures as diagnostics.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::folder::Scratch;
use crate::interrupt::{self, Child};

/// Number of output bytes that are kept in memory, from the end.
const KEPT_BYTES: usize = 256 * 1024;
/// A line longer than this is split.
const LONGEST_LINE: u64 = 16 * 1024;
/// Number of last lines that a diagnostic quotes.
const QUOTED_LINES: usize = 20;
/// Number of earlier error lines that a diagnostic quotes.
const QUOTED_ERRORS: usize = 5;

/// One call of an external program.
#[derive(Clone, Debug)]
pub struct Command {
    name: String,
    path: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, Option<OsString>)>,
    cwd: Option<PathBuf>,
    log: Option<PathBuf>,
}

/// Result of a call.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// The last 256 KiB of standard output and standard error, in the order they came.
    pub output: String,
    /// The first few error lines.
    pub errors: Vec<String>,
    /// Its run time.
    pub wall: Duration,
}

impl Command {
    /// A call of the program at `path`; `name` is the display name.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), path: path.into(), args: Vec::new(), env: Vec::new(), cwd: None, log: None }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Removes an environment variable.
    #[must_use]
    pub fn env_remove(mut self, key: impl AsRef<OsStr>) -> Self {
        self.env.push((key.as_ref().to_owned(), None));
        self
    }

    /// Runs in this folder.
    #[must_use]
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cwd = Some(folder.into());
        self
    }

    /// Writes the whole output to this file; its folder is made when it is missing.
    #[must_use]
    pub fn log(mut self, file: impl Into<PathBuf>) -> Self {
        self.log = Some(file.into());
        self
    }

    /// Runs it to its end; an exit code other than 0 is an error that quotes the output.
    pub fn run(&self) -> Result<Finished> {
        self.run_with(&mut |_| ())
    }

    /// As [`Command::run`], and shows every line to `watch` as it comes.
    pub fn run_with(&self, watch: &mut dyn FnMut(&str)) -> Result<Finished> {
        let finished = self.attempt(watch)?;
        if finished.status.success() { Ok(finished) } else { Err(self.failure(&finished)) }
    }

    /// Runs it to its end; any exit code is accepted. An error only if it cannot be started or logged.
    pub fn attempt(&self, watch: &mut dyn FnMut(&str)) -> Result<Finished> {
        let mut log = self.log.as_deref().map(open_log).transpose()?;
        // Whatever the program leaves in its temporary folder goes away with it, however it ends.
        let temporary = Scratch::new("snn2rtl-tool-")?;
        let start = Instant::now();
        let not_started = |error: &std::io::Error| {
            Error::input(format!("cannot start {}: {error}", self.name))
                .at_file(&self.path)
                .fix("run `snn2rtl doctor` to see which programs are here and how to get the others")
        };

        let (reader, writer) = std::io::pipe().map_err(|e| not_started(&e))?;
        let mut child = {
            let mut command = std::process::Command::new(&self.path);
            command.args(&self.args).stdin(Stdio::null());
            command.stdout(writer.try_clone().map_err(|e| not_started(&e))?).stderr(writer);
            for variable in ["TMPDIR", "TMP", "TEMP"] {
                command.env(variable, temporary.path());
            }
            for (key, value) in &self.env {
                match value {
                    Some(value) => command.env(key, value),
                    None => command.env_remove(key),
                };
            }
            if let Some(cwd) = &self.cwd {
                command.current_dir(cwd);
            }
            Child::spawn(&mut command).map_err(|e| not_started(&e))?
            // `command` is dropped here and with it our ends of the pipe: reading ends when the child's do.
        };

        let mut tail = Tail::default();
        let copied = copy_lines(reader, |line| {
            tail.push(line);
            watch(line.trim_end());
            log.as_mut().map_or(Ok(()), |log| log.write_all(line.as_bytes()))
        });
        let flushed = copied.and_then(|()| log.as_mut().map_or(Ok(()), Write::flush));
        if let Err(error) = flushed {
            // The program may still be running and has nobody to talk to; its own end says nothing new.
            child.kill();
            let _ = child.wait();
            return Err(Error::io("write the log", self.log.as_deref().unwrap_or(&self.path), &error));
        }
        let status = child.wait().map_err(|e| not_started(&e))?;
        Ok(Finished { status, output: tail.text(), errors: tail.errors, wall: start.elapsed() })
    }

    /// The diagnostic for a failed call.
    pub fn failure(&self, finished: &Finished) -> Error {
        let how = match finished.status.code() {
            Some(code) => format!("exit code {code}"),
            None => format!("{}", finished.status),
        };
        let quoted = finished.quote();
        let error = if quoted.is_empty() {
            Error::input(format!("{} failed with {how} and said nothing", self.name))
        } else {
            Error::input(format!("{} failed with {how}; it said:\n{quoted}", self.name))
        };
        match &self.log {
            Some(log) => error.at_file(log).fix("its whole output is in the log named above"),
            None => error,
        }
    }
}

impl Finished {
    /// The first error lines and the last lines, indented, for a diagnostic.
    pub fn quote(&self) -> String {
        let lines: Vec<&str> = self.output.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(QUOTED_LINES)..];
        let earlier = self.errors.iter().map(String::as_str).filter(|line| !last.contains(line));
        let mut quoted: Vec<String> = earlier.map(|line| format!("    {line}")).collect();
        if !quoted.is_empty() {
            quoted.push("    …".to_owned());
        }
        quoted.extend(last.iter().map(|line| format!("    {line}")));
        quoted.join("\n")
    }
}

/// The last lines of a stream, and the first that call themselves errors.
#[derive(Default)]
struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
    errors: Vec<String>,
}

impl Tail {
    fn push(&mut self, line: &str) {
        let start = line.trim_start();
        let is_error = ["%Error", "ERROR", "Error:", "error:"].iter().any(|mark| start.starts_with(mark))
            || line.contains(": error:");
        if is_error && self.errors.len() < QUOTED_ERRORS {
            self.errors.push(line.trim_end().to_owned());
        }
        self.bytes += line.len();
        self.lines.push_back(line.to_owned());
        while self.bytes > KEPT_BYTES {
            match self.lines.pop_front() {
                Some(line) => self.bytes -= line.len(),
                None => break,
            }
        }
    }

    fn text(&mut self) -> String {
        self.lines.drain(..).collect()
    }
}

fn open_log(path: &Path) -> Result<BufWriter<File>> {
    let _whole = interrupt::hold();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, &e))?;
    }
    Ok(BufWriter::new(File::create(path).map_err(|e| Error::io("create", path, &e))?))
}

/// Shows every line of `stream`, its end of line included, to `take`; bytes that are not text are replaced.
fn copy_lines(stream: impl Read, mut take: impl FnMut(&str) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        take(&String::from_utf8_lossy(&line))?;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        Command::new("the shell", "/bin/sh").args(["-c", script])
    }

    #[test]
    fn output_of_both_streams_is_kept_and_logged() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("reports/sh.log");
        let mut seen = Vec::new();
        let finished = shell("echo one; echo two >&2; printf three")
            .log(&log)
            .run_with(&mut |line| seen.push(line.to_owned()))
            .unwrap();
        assert_eq!(finished.output, "one\ntwo\nthree");
        assert_eq!(seen, ["one", "two", "three"]);
        assert_eq!(std::fs::read_to_string(&log).unwrap(), finished.output);
    }

    #[test]
    fn a_failure_quotes_the_first_errors_and_the_last_lines() {
        let script = "echo 'ERROR: no such module'; i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); \
                      done; exit 3";
        let error = shell(script).run().unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.problem.starts_with("the shell failed with exit code 3; it said:"), "{error}");
        assert!(error.problem.contains("ERROR: no such module\n    …\n    line 80\n"), "{error}");
        assert!(error.problem.ends_with("line 99"), "{error}");
        assert!(!error.problem.contains("line 79"), "{error}");
    }

    #[test]
    fn memory_stays_bounded() {
        let finished = shell("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end").run().unwrap();
        assert!(finished.output.len() <= KEPT_BYTES);
        assert!(finished.output.ends_with("end\n"));
    }

    #[test]
    fn environment_and_folder_reach_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let finished = shell("echo $SOME_NAME; pwd -P").env("SOME_NAME", "value").cwd(folder.path()).run();
        let here = folder.path().canonicalize().unwrap();
        assert_eq!(finished.unwrap().output, format!("value\n{}\n", here.display()));
    }

    #[test]
    fn a_program_that_is_not_there_is_a_diagnostic() {
        let error = Command::new("nothing", "/no/such/program").run().unwrap_err();
        assert!(error.problem.starts_with("cannot start nothing"), "{error}");
    }
}
