//! What is asked of a helper command, and what it answers: lines of `key=value`, as git's credential helpers write them
//! (`git help credential`, section "Input/output format").

use jiff::{SignedDuration, Timestamp};
use secret::Secret;

use super::Fault;
use crate::credential::Credential;
use crate::origin::Origin;

/// From here on a number in `expires` is a point in Unix time (2001 and later); below, it is the token's life in seconds.
const UNIX_TIME_FROM: i64 = 1_000_000_000;

/// A helper's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) credential: Credential,
    /// When it runs out, where the helper said so.
    pub(crate) expires: Option<Timestamp>,
}

/// What stands on the helper's standard input. No path: the answer is for the whole origin, and the name of a module is
/// none of the helper's business.
pub(super) fn question(origin: &Origin) -> String {
    format!(
        "protocol={}\nhost={}\n\n",
        origin.scheme(),
        origin.authority()
    )
}

/// Reads what the helper printed; none where it has no credential for this origin. Keys that are not known are passed
/// over, as git does. A fault quotes nothing of the text.
pub(super) fn parse(text: &str, origin: &Origin, now: Timestamp) -> Result<Option<Answer>, Fault> {
    let (mut user, mut password, mut token, mut expires) = (None, None, None, None);
    for line in text.lines().take_while(|line| !line.is_empty()) {
        let (key, value) = line.split_once('=').ok_or(Fault::Line)?;
        match key {
            "protocol" if value != origin.scheme() => return Err(Fault::OtherOrigin),
            "host" if !value.eq_ignore_ascii_case(origin.authority()) => {
                return Err(Fault::OtherOrigin);
            }
            "username" => user = Some(value),
            "password" => password = Some(value),
            "token" => token = Some(value),
            "expires" => expires = Some(moment(value, now).ok_or(Fault::Expires)?),
            "password_expiry_utc" => {
                let at = value
                    .parse()
                    .ok()
                    .and_then(|at| Timestamp::from_second(at).ok());
                expires = Some(at.ok_or(Fault::Expires)?);
            }
            // git's way to say that nobody else is to be asked either.
            "quit" if matches!(value, "1" | "true") => return Ok(None),
            _ => {}
        }
    }
    let origin = origin.clone();
    let credential = match (token, user, password) {
        (Some(token), _, _) => Credential::bearer(origin, Secret::new(token)),
        (None, user, Some(password)) => {
            Credential::basic(origin, user.unwrap_or_default(), Secret::new(password))
        }
        (None, Some(_), None) => return Err(Fault::NoPassword),
        (None, None, None) => return Ok(None),
    }
    .map_err(Fault::Unfit)?;
    if expires.is_some_and(|expires| expires <= now) {
        return Err(Fault::Expired);
    }
    Ok(Some(Answer {
        credential,
        expires,
    }))
}

/// RFC 3339, a life in seconds, or Unix time.
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(life) if (0..UNIX_TIME_FROM).contains(&life) => {
            now.checked_add(SignedDuration::from_secs(life)).ok()
        }
        Ok(at) if at >= UNIX_TIME_FROM => Timestamp::from_second(at).ok(),
        Ok(_) => None,
        Err(_) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::credential::Unfit;

    fn origin() -> Origin {
        "https://proxy.corp.example:8443".parse().unwrap()
    }

    fn now() -> Timestamp {
        "2026-05-01T12:00:00Z".parse().unwrap()
    }

    fn read(text: &str) -> Result<Option<(String, Option<String>)>, Fault> {
        Ok(parse(text, &origin(), now())?.map(|answer| {
            let header = answer.credential.authorization(&origin()).unwrap();
            (
                header.expose().to_owned(),
                answer.expires.map(|expires| expires.to_string()),
            )
        }))
    }

    fn token(expires: &str) -> Result<Option<(String, Option<String>)>, Fault> {
        Ok(Some(("Bearer t".to_owned(), Some(expires.to_owned()))))
    }

    #[test]
    fn the_question_names_the_origin_and_no_more() {
        assert_eq!(
            question(&origin()),
            "protocol=https\nhost=proxy.corp.example:8443\n\n"
        );
    }

    #[test]
    fn answers() {
        let basic = Ok(Some(("Basic dTpwPXE=".to_owned(), None)));
        assert_eq!(read("username=u\npassword=p=q\n"), basic);
        let echoed = "protocol=https\nhost=PROXY.corp.example:8443\r\nusername=u\r\npassword=p=q\r\n\r\ntoken=not this\n";
        assert_eq!(read(echoed), basic);
        assert_eq!(
            read("capability[]=authtype\npassword=p=q\nusername=u\nwwwauth[]=x"),
            basic
        );
        assert_eq!(read("token=t"), Ok(Some(("Bearer t".to_owned(), None))));
        assert_eq!(
            read("username=u\npassword=p\ntoken=t\nexpires=60\n"),
            token("2026-05-01T12:01:00Z")
        );
        for none in [
            "",
            "\n",
            "protocol=https\n",
            "quit=1\nusername=u\npassword=p\n",
        ] {
            assert_eq!(read(none), Ok(None), "{none:?}");
        }
    }

    #[test]
    fn the_end_of_its_life_in_each_form() {
        for (text, expires) in [
            ("expires=2026-05-01T13:00:00Z", "2026-05-01T13:00:00Z"),
            ("expires=2026-05-01T13:00:00+02:00", ""),
            ("expires=3600", "2026-05-01T13:00:00Z"),
            ("expires=1777640400", "2026-05-01T13:00:00Z"),
            ("password_expiry_utc=1777640400", "2026-05-01T13:00:00Z"),
            ("expires=999999999", "2058-01-07T13:46:39Z"),
        ] {
            let read = read(&format!("token=t\n{text}\n"));
            if expires.is_empty() {
                assert_eq!(read, Err(Fault::Expired), "{text}");
            } else {
                assert_eq!(read, token(expires), "{text}");
            }
        }
        assert_eq!(read("token=t\nexpires=0\n"), Err(Fault::Expired));
        assert_eq!(read("token=t\nexpires=1777636800\n"), Err(Fault::Expired));
        for text in [
            "tomorrow",
            "-1",
            "",
            "2026-05-01",
            "99999999999999999999",
            "9999999999999",
        ] {
            assert_eq!(
                read(&format!("token=t\nexpires={text}\n")),
                Err(Fault::Expires),
                "{text}"
            );
        }
        assert_eq!(
            read("token=t\npassword_expiry_utc=soon\n"),
            Err(Fault::Expires)
        );
    }

    #[test]
    fn answers_that_are_none() {
        for (text, fault) in [
            ("hello", Fault::Line),
            ("username=u\n", Fault::NoPassword),
            ("token=a b\n", Fault::Unfit(Unfit::Token)),
            ("token=\n", Fault::Unfit(Unfit::Empty)),
            ("username=a:b\npassword=p\n", Fault::Unfit(Unfit::Colon)),
            ("username=u\npassword=p\0\n", Fault::Unfit(Unfit::Control)),
            (
                "protocol=http\nusername=u\npassword=p\n",
                Fault::OtherOrigin,
            ),
            (
                "host=proxy.corp.example\nusername=u\npassword=p\n",
                Fault::OtherOrigin,
            ),
        ] {
            assert_eq!(read(text), Err(fault), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "((username|password|token|expires|host|quit|x)?=?\\PC{0,12}(\n|\r\n)){0,8}") {
            if let Ok(Some(answer)) = parse(&text, &origin(), now()) {
                prop_assert_eq!(answer.credential.origin(), &origin());
                prop_assert!(answer.expires.is_none_or(|expires| expires > now()));
            }
        }
    }
}
