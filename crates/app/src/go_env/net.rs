//! Whether go may be given a profile's own list behind Larder: asked of a profile that need not be in use.

use go_tool::CallerEnv;
use go_tool::go_env::{EnvFile, EnvLocation};

use super::in_force::{go_defaults, ground_of, port};
use super::kept::Kept;
use super::wishes::wanted;
use super::{file, in_background, trouble};
use crate::app::App;
use crate::failure::Failure;
use crate::settings::ProfileSettings;

/// Why the safety net would not stand if this profile was in use; nothing where it would. The go env file that counts is
/// the one of this process.
pub(crate) async fn why_no_safety_net(app: &App, profile: ProfileSettings) -> Option<String> {
    match asked(app, profile).await {
        Ok(why_not) => why_not.map(str::to_owned),
        Err(failure) => Some(format!("it can't be told: {failure}")),
    }
}

async fn asked(app: &App, profile: ProfileSettings) -> Result<Option<&'static str>, Failure> {
    let defaults = go_defaults(app).await?;
    let held = app.go_env().hold().lasts();
    // Which port it is makes no difference here, and before the first run there is none.
    let port = port(app).unwrap_or_default();
    let ground = ground_of(app, port, held, defaults, profile).await?;
    let data = app.places().data.clone();
    in_background(move || {
        let of_file = |error| trouble::of_file(&error);
        let Ok(location) = EnvLocation::of(&CallerEnv::of_process()) else {
            let none = file::stranger(&EnvFile::new(Vec::new()));
            return Ok(wanted(&ground, &none).net.err());
        };
        let wants = match Kept::of(&data, &location)? {
            Some(kept) => file::wanted_of(&kept, &ground).map_err(of_file)?,
            None => {
                let bytes = location.read().map_err(of_file)?;
                let file = EnvFile::new(bytes.unwrap_or_default());
                wanted(&ground, &file::stranger(&file))
            }
        };
        Ok(wants.net.err())
    })
    .await
}
