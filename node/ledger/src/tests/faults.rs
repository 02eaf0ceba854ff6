//! Every durable write x {failed, failed but persisted}: what was acknowledged is never lost, what is
//! shown is what is on the disk, and after the failure the handle does nothing more.
//!
//! The judge of a run is one function. It is itself tested: three planted mistakes must not get past it.

use super::kit::{Kit, at, copy, crash_image};
use crate::{Fault, Ledger, LedgerError, Planted, WritePoint};
use eco_core::header::BlockId;
use eco_core::name::{Height, Round};
use std::path::Path;
use tempfile::TempDir;

/// Blocks made before the fault.
const BEFORE: u64 = 3;

/// What happened to the outside world's knowledge during a run.
struct Run {
    /// Heights and blocks for which `commit` returned success.
    acknowledged: Vec<(Height, BlockId)>,
    /// Heights that subscribers or readers were shown.
    shown: Vec<Height>,
    /// The block that was being decided when the fault struck.
    next: Option<BlockId>,
    /// Whether an operation reported the fault.
    failed: bool,
    /// Verbs that still did something after the failure.
    worked_on: Vec<&'static str>,
}

/// Makes blocks, then one more with a fault or a planted mistake. Leaves what a kill at that moment leaves.
fn run(kit: &Kit, fault: Option<(WritePoint, Fault)>, planted: Option<Planted>) -> (Run, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    let ledger = kit.open(dir).unwrap();
    let mut run = Run { acknowledged: Vec::new(), shown: Vec::new(), next: None, failed: false, worked_on: Vec::new() };
    for n in 0..BEFORE {
        let (block, _) = kit.block_of(&ledger, at(n), n * 3..n * 3 + 3);
        run.acknowledged.push((block.header.height, block.header.id()));
    }
    ledger.submit(kit.certificate(1, 101).as_bytes(), at(50)).unwrap();
    if let Some(planted) = planted {
        ledger.plant(planted);
    }
    if let Some((point, fault)) = fault {
        ledger.arm_fault(point, fault);
    }
    let heights = ledger.subscribe();
    match one_block(kit, &ledger, &mut run) {
        Ok(()) => {}
        Err(error) => {
            assert!(error.must_stop(), "{error}");
            run.failed = true;
        }
    }
    run.shown.push(*heights.borrow());
    run.shown.push(ledger.tip().height);
    if run.failed {
        run.worked_on = what_still_works(kit, &ledger);
    }
    (run, crash_image(dir))
}

fn one_block(kit: &Kit, ledger: &Ledger, run: &mut Run) -> Result<(), LedgerError> {
    let block = ledger.propose(at(60), Round(0))?;
    ledger.hold(Round(1), &block)?;
    run.next = Some(block.header.id());
    let committed = ledger.commit(&block, &kit.seal(&block.header))?;
    run.acknowledged.push((committed.height, committed.block));
    Ok(())
}

fn what_still_works(kit: &Kit, ledger: &Ledger) -> Vec<&'static str> {
    let block = |height| ledger.block(Height(height));
    let outcomes = [
        ("submit", ledger.submit(kit.certificate(2, 202).as_bytes(), at(61)).is_ok()),
        ("propose", ledger.propose(at(61), Round(2)).is_ok()),
        ("view", ledger.view().is_ok()),
        ("block", block(1).is_ok()),
        ("held", ledger.held_at(Height(BEFORE + 1)).is_ok()),
        ("wait", ledger.wait_final(kit.certificate(1, 101).id()).is_ok()),
        ("compact", ledger.compact().is_ok()),
    ];
    outcomes.into_iter().filter(|(_, worked)| *worked).map(|(verb, _)| verb).collect()
}

/// Opens what is on the disk and compares it with what was said. Tells what is wrong, if anything is.
fn judge(kit: &Kit, dir: &Path, run: &Run) -> Result<Height, String> {
    if !run.worked_on.is_empty() {
        return Err(format!("the handle worked on after a failure: {:?}", run.worked_on));
    }
    let ledger = kit.open(dir).map_err(|error| format!("does not open: {error}"))?;
    let tip = ledger.tip();
    for (height, id) in &run.acknowledged {
        let found = ledger.header(*height).map_err(|e| e.to_string())?.map(|header| header.id());
        if found != Some(*id) {
            return Err(format!("block {height} was acknowledged as {id}, found {found:?}"));
        }
    }
    if let Some(shown) = run.shown.iter().find(|shown| **shown > tip.height) {
        return Err(format!("block {shown} was shown, the store ends at {}", tip.height));
    }
    let (old, new) = (Height(BEFORE), Height(BEFORE + 1));
    if tip.height != old && (tip.height != new || Some(tip.block) != run.next) {
        return Err(format!("the head is {tip:?}, neither the old one nor the one being decided"));
    }
    ledger.fsck(|_| ()).map_err(|error| format!("fsck: {error}"))?;
    // And it goes on from there.
    kit.block_of(&ledger, at(100), 500..502);
    Ok(tip.height)
}

#[test]
fn a_failed_write_loses_nothing_that_was_acknowledged() {
    let kit = Kit::new();
    let mut struck = 0;
    for point in [WritePoint::Hold, WritePoint::Commit, WritePoint::HighWater] {
        for fault in [Fault::Failed, Fault::FailedButPersisted] {
            let (outcome, dir) = run(&kit, Some((point, fault)), None);
            assert!(outcome.failed, "{point:?} {fault:?} did not strike");
            struck += 1;
            let height = judge(&kit, dir.path(), &outcome).unwrap_or_else(|wrong| panic!("{point:?} {fault:?}: {wrong}"));
            let persisted = match point {
                WritePoint::Commit => fault == Fault::FailedButPersisted,
                WritePoint::HighWater => true,
                _ => false,
            };
            assert_eq!(height, Height(BEFORE + u64::from(persisted)), "{point:?} {fault:?}");
        }
    }
    assert_eq!(struck, 6);
}

#[test]
fn a_store_is_created_whole_or_can_be_created_again() {
    let kit = Kit::new();
    for point in [WritePoint::Create, WritePoint::CreateHighWater] {
        for fault in [Fault::Failed, Fault::FailedButPersisted] {
            let dir = tempfile::tempdir().unwrap();
            let store = crate::store::Store::open(&dir.path().join("db"), &super::kit::small()).unwrap();
            store.faults.arm(point, fault);
            let started = Ledger::start(store, dir.path(), &kit.genesis, super::kit::small());
            assert!(started.is_err_and(|error| error.must_stop()), "{point:?} {fault:?}");
            let ledger = kit.open(dir.path()).unwrap_or_else(|error| panic!("{point:?} {fault:?}: {error}"));
            assert_eq!(ledger.tip().height, Height(0));
            kit.block_of(&ledger, at(1), 0..2);
            drop(ledger);
            assert_eq!(kit.open(dir.path()).unwrap().tip().height, Height(1));
        }
    }
}

#[test]
fn every_write_point_is_in_one_of_the_tables() {
    let tabled = [WritePoint::Create, WritePoint::CreateHighWater, WritePoint::Hold, WritePoint::Commit, WritePoint::HighWater];
    assert_eq!(WritePoint::ALL, tabled);
}

#[test]
fn a_run_without_fault_passes_the_judge() {
    let kit = Kit::new();
    let (outcome, dir) = run(&kit, None, None);
    assert!(!outcome.failed);
    assert_eq!(judge(&kit, dir.path(), &outcome), Ok(Height(BEFORE + 1)));
}

/// Negative controls: planted mistakes that the judge must find.
#[test]
fn planted_mistakes_are_caught() {
    let kit = Kit::new();
    let commit_fails = Some((WritePoint::Commit, Fault::Failed));
    let controls = [
        (None, Planted::NotLogged(WritePoint::Commit), "does not open"),
        (commit_fails, Planted::VisibleBeforeDurable, "was shown"),
        (commit_fails, Planted::WorkAfterFailure, "worked on"),
    ];
    let mut caught = 0;
    for (fault, planted, expected) in controls {
        let (outcome, dir) = run(&kit, fault, Some(planted));
        let wrong = judge(&kit, dir.path(), &outcome).expect_err("a planted mistake got past the judge");
        assert!(wrong.contains(expected), "{planted:?}: {wrong}");
        caught += 1;
    }
    assert_eq!(caught, 3);
}

#[test]
fn waiters_are_not_told_success_when_the_write_failed() {
    let kit = Kit::new();
    for fault in [Fault::Failed, Fault::FailedButPersisted] {
        let dir = tempfile::tempdir().unwrap();
        let ledger = kit.open(dir.path()).unwrap();
        let entry = kit.certificate(0, 1);
        ledger.submit(entry.as_bytes(), at(1)).unwrap();
        let waiter = ledger.wait_final(entry.id()).unwrap();
        ledger.arm_fault(WritePoint::Commit, fault);
        assert!(kit.step(&ledger, at(1)).is_err());
        assert!(waiter.blocking_recv().is_err(), "the outcome is not known");
        assert!(ledger.failure().is_some());
    }
}

#[test]
fn a_kill_at_any_moment_leaves_a_store_that_opens() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    for n in 0..10u64 {
        let (block, _) = kit.block_of(&ledger, at(n), n * 5..n * 5 + 5);
        let image = crash_image(dir.path());
        let after = kit.open(image.path()).unwrap();
        assert_eq!(after.tip().block, block.header.id(), "acknowledged, so it is there");
        assert_eq!(after.state().map().root(), ledger.state().map().root());
    }
}

#[test]
fn a_torn_log_is_never_a_silent_loss() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    for n in 0..4u64 {
        kit.block_of(&ledger, at(n), n * 2..n * 2 + 2);
    }
    let wal =
        std::fs::read_dir(dir.path().join("db")).unwrap().map(|f| f.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "log"));
    let wal = wal.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap();
    let name = wal.file_name().unwrap().to_owned();
    let length = std::fs::metadata(&wal).unwrap().len();
    let (mut refused, mut whole, mut cuts) = (0, 0, 0);
    for cut in (1..4096).step_by(97) {
        let image = tempfile::tempdir().unwrap();
        copy(dir.path(), image.path());
        let file = std::fs::OpenOptions::new().write(true).open(image.path().join("db").join(&name)).unwrap();
        file.set_len(length - cut).unwrap();
        drop(file);
        cuts += 1;
        match kit.open(image.path()) {
            // Padding after the last record: nothing was cut.
            Ok(after) if after.tip().height == Height(4) => whole += 1,
            Ok(after) => panic!("{cut} bytes cut: opened at {} after acknowledging 4", after.tip().height),
            Err(LedgerError::RolledBack { acknowledged, .. }) => {
                assert_eq!(acknowledged, Height(4));
                refused += 1;
            }
            // The database noticed by itself.
            Err(LedgerError::Store { .. }) => refused += 1,
            Err(other) => panic!("{cut} bytes cut: {other}"),
        }
    }
    assert_eq!(refused + whole, cuts);
    assert!(refused > 0);
}
