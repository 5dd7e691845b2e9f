//! The steps at one go env file, each such that whatever is cut off can be undone. All of it blocks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use go_module::ProxyList;
use go_tool::go_env::{EnvError, EnvFile, EnvLocation, EnvRecord, GivenBack, Wishes, shown};
use go_tool::{CallerEnv, GoauthWish, goauth_value};

use super::found::KEYS;
use super::kept::Kept;
use super::own::Own;
use super::report::{EnvGivenBack, GivenBackHow};
use super::trouble;
use super::wishes::{Ground, Person, Wanted, wanted};
use crate::failure::Failure;

/// How often a write is thought out anew because somebody else wrote the file just then.
const TRIES: usize = 3;

/// The settings that say what Larder wrote: neither a person nor their shell has said otherwise since.
///
/// # Errors
/// Where the file can't be read.
pub(super) fn ours(kept: Option<&Kept>, caller: &CallerEnv) -> Result<BTreeSet<String>, EnvError> {
    let Some(kept) = kept else {
        return Ok(BTreeSet::new());
    };
    if !kept.record.still_stands()? {
        return Ok(BTreeSet::new());
    }
    let changed = kept.record.changed_by_others()?;
    let is_ours =
        |key: &&str| caller.get(key).is_none() && changed.iter().all(|other| other.key != **key);
    let ours = KEYS.into_iter().filter(is_ours);
    Ok(ours.map(str::to_owned).collect())
}

/// What is known of the person's own settings in this file.
pub(super) fn person<'a>(
    record: &EnvRecord,
    larder: Option<&'a Path>,
) -> Result<Person<'a>, EnvError> {
    let original = record.original().file();
    let changed = record.changed_by_others()?;
    // What was written there by hand since counts as theirs.
    let goauth = match changed.into_iter().find(|other| other.key == "GOAUTH") {
        Some(other) => other.value.map(|value| value.expose().to_owned()),
        None => original.get_text("GOAUTH").map(|text| text.into_owned()),
    };
    Ok(Person {
        original,
        larder,
        goauth,
    })
}

/// The same for a file that Larder has not written.
pub(super) fn stranger(file: &EnvFile) -> Person<'static> {
    Person {
        original: file.clone(),
        larder: None,
        goauth: None,
    }
}

/// Makes the file say what is wanted, whatever it says by now; gives whether it had to be written.
///
/// # Errors
/// Those of the file; it is then as it was.
pub(super) fn point_at_larder(
    data: &Path,
    location: &EnvLocation,
    ground: &Ground,
    own: &Own,
    larder: Option<&Path>,
    stays: bool,
) -> Result<bool, Failure> {
    let mut tries = TRIES;
    loop {
        let mut kept = match Kept::of(data, location)? {
            Some(kept) if still_stands(&kept)? => kept,
            done => {
                if let Some(done) = done {
                    done.forget()?;
                }
                let record = first_record(location, own, larder);
                let record = record.map_err(|error| trouble::of_file(&error))?;
                Kept::new(data, record)
            }
        };
        kept.stays = stays;
        kept.larder = larder.map(Path::to_owned);
        tries -= 1;
        match write(&mut kept, ground)? {
            Ok(changed) => return Ok(changed),
            Err(EnvError::Changed { .. }) if tries > 0 => {}
            Err(error) => return Err(trouble::of_file(&error)),
        }
    }
}

/// Brings a file that points at Larder up to date, unless somebody has changed it by hand; gives the keys that they did.
///
/// # Errors
/// Those of the file; it is then as it was.
pub(super) fn bring_up_to_date(mut kept: Kept, ground: &Ground) -> Result<Vec<String>, Failure> {
    let changed = kept.record.changed_by_others();
    let changed = changed.map_err(|error| trouble::of_file(&error))?;
    if !changed.is_empty() {
        return Ok(changed.into_iter().map(|other| other.key).collect());
    }
    let wanted = wanted_of(&kept, ground).map_err(|error| trouble::of_file(&error))?;
    let plan = kept.record.clone().plan(&wanted.wishes, true);
    if plan.map_err(|error| trouble::of_file(&error))?.changes() {
        write(&mut kept, ground)?.map_err(|error| trouble::of_file(&error))?;
    }
    Ok(Vec::new())
}

/// Gives a file back, and forgets what was kept for that.
///
/// # Errors
/// Those of the file; what is kept of it stays then.
pub(super) fn give_back(kept: Kept) -> Result<EnvGivenBack, Failure> {
    let mut tries = TRIES;
    let given = loop {
        tries -= 1;
        match kept.record.give_back() {
            Ok(given) => break given,
            Err(EnvError::Changed { .. }) if tries > 0 => {}
            Err(error) => {
                let script = kept.script();
                return Err(trouble::of_file(&error).hint(format!(
                    "or give it back without Larder: sh {}",
                    script.display()
                )));
            }
        }
    };
    let file = kept.record.location().named().to_owned();
    kept.forget()?;
    Ok(told(file, given))
}

fn told(file: PathBuf, given: GivenBack) -> EnvGivenBack {
    let (how, restored, kept_by_others) = match given {
        GivenBack::Whole => (GivenBackHow::Whole, Vec::new(), Vec::new()),
        GivenBack::Removed => (GivenBackHow::Removed, Vec::new(), Vec::new()),
        GivenBack::NothingToDo => (GivenBackHow::Nothing, Vec::new(), Vec::new()),
        GivenBack::KeysOnly {
            restored,
            kept_by_others,
        } => (GivenBackHow::KeysOnly, restored, kept_by_others),
    };
    let others = kept_by_others.into_iter().map(|other| {
        let value = other.value.map(|value| shown(&other.key, value.expose()));
        (other.key, value)
    });
    EnvGivenBack {
        file,
        how,
        restored,
        kept_by_others: others.collect(),
    }
}

/// What is wanted of the file of this record.
///
/// # Errors
/// Where the file can't be read.
pub(super) fn wanted_of(kept: &Kept, ground: &Ground) -> Result<Wanted, EnvError> {
    Ok(wanted(
        ground,
        &person(&kept.record, kept.larder.as_deref())?,
    ))
}

fn still_stands(kept: &Kept) -> Result<bool, Failure> {
    let stands = kept.record.still_stands();
    stands.map_err(|error| trouble::of_file(&error))
}

/// Stored before the file is written, and after: what is on disk always undoes what was done.
fn write(kept: &mut Kept, ground: &Ground) -> Result<Result<bool, EnvError>, Failure> {
    let planned = wanted_of(kept, ground).and_then(|wanted| kept.record.plan(&wanted.wishes, true));
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => return Ok(Err(error)),
    };
    let changes = plan.changes();
    kept.store()?;
    if let Err(error) = kept.record.write(plan) {
        return Ok(Err(error));
    }
    kept.record.settle();
    kept.store()?;
    Ok(Ok(changes))
}

/// Takes down what stands there. An address of Larder's own that no record knows of is not the person's: it is left over
/// from a Larder whose state is gone, and taken out first, so that it is never kept as what was there before.
fn first_record(
    location: &EnvLocation,
    own: &Own,
    larder: Option<&Path>,
) -> Result<EnvRecord, EnvError> {
    take_out_leftovers(location, own, larder)?;
    EnvRecord::before_first_write(location.clone())
}

/// Takes out what is certainly left over from a Larder whose records are gone, and gives the keys.
///
/// # Errors
/// Those of the file; it is then as it was.
pub(super) fn take_out_leftovers(
    location: &EnvLocation,
    own: &Own,
    larder: Option<&Path>,
) -> Result<Vec<String>, EnvError> {
    let mut record = EnvRecord::before_first_write(location.clone())?;
    let file = record.original().file();
    let says = |key: &str| file.get_text(key).unwrap_or_default().into_owned();
    let list = ProxyList::parse(&says("GOPROXY"));
    if !list.is_ok_and(|list| own.others(&list).len() < list.entries.len()) {
        return Ok(Vec::new());
    }
    let mut leftovers = Wishes::new().unset("GOPROXY");
    if says("GONOPROXY") == "none" {
        leftovers = leftovers.unset("GONOPROXY");
    }
    if larder.is_some_and(|larder| is_of_larder_alone(larder, &says("GOAUTH"))) {
        leftovers = leftovers.unset("GOAUTH");
    }
    let plan = record.plan(&leftovers, true)?;
    record.write(plan)?;
    Ok(leftovers.iter().map(|(key, _)| key.to_owned()).collect())
}

/// Whether GOAUTH says what Larder makes of it where a person has said nothing.
fn is_of_larder_alone(larder: &Path, goauth: &str) -> bool {
    match goauth_value(larder, None) {
        Ok(GoauthWish::Set(value)) => value.expose() == goauth,
        Ok(GoauthWish::AsItIs | GoauthWish::LeftOff) | Err(_) => false,
    }
}
