//! `settings.toml`: whether it is in force as it stands, and what of it may be shown to others.

use std::fs;

use go_tool::go_env::shown;
use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::line::{Check, DoctorLine};
use crate::app::App;
use crate::command::idle_pool;
use crate::places::Places;
use crate::settings::Settings;

/// The settings whose text says no more than where modules come from.
const SHOWN: [&str; 9] = [
    "profile",
    "upstream",
    "slow-after",
    "upstreams",
    "private-upstreams",
    "checksum-database",
    "to",
    "fresh-for",
    "deadline",
];

/// What is wrong with the file, and whether it is what is in force.
pub(super) fn in_force(app: &App) -> Vec<DoctorLine> {
    let mut lines = on_disk(app.places());
    let Ok(read) = Settings::read(&app.places().settings()) else {
        return lines;
    };
    let in_force = app.settings();
    // The port is written down when it is first taken.
    let same = Settings {
        port: in_force.port,
        ..read
    };
    if same != *in_force {
        let found = "settings.toml was changed, and is not in force yet as it stands";
        lines.retain(|line| !line.mend.is_empty() || line.found != WELL);
        lines.push(
            DoctorLine::warning(Check::Settings, found).mend("larder stop, then larder serve"),
        );
    }
    lines
}

const WELL: &str = "settings.toml is well";

/// What is wrong with the file.
pub(super) fn on_disk(places: &Places) -> Vec<DoctorLine> {
    let path = places.settings();
    match Settings::read(&path) {
        Err(failure) => {
            let line = DoctorLine::of_failure(Check::Settings, &failure);
            vec![line.mend(format!("edit {}", path.display()))]
        }
        Ok(settings) => {
            let warnings = settings.warnings.iter().map(|warning| {
                let line = DoctorLine::warning(Check::Settings, warning.clone());
                line.mend(format!("edit {}", path.display()))
            });
            let idle = settings.idle_pools().into_iter().map(|pool| {
                let line = DoctorLine::warning(Check::Settings, idle_pool(&pool.name()));
                line.mend(format!("larder pool remove {}", pool.upstream))
            });
            let mut lines: Vec<DoctorLine> = warnings.chain(idle).collect();
            if lines.is_empty() {
                lines.push(DoctorLine::ok(Check::Settings, WELL));
            }
            lines
        }
    }
}

/// The settings as a report may have them, a line each: without comments, patterns, the user info of URLs, and all texts
/// that are not known to be harmless.
#[must_use]
pub fn redacted(places: &Places) -> String {
    let path = places.settings();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return format!("(settings.toml can't be read: {})\n", error.kind()),
    };
    match text.parse::<DocumentMut>() {
        Ok(document) => {
            let mut lines = String::new();
            tell(&mut lines, "", document.as_table());
            lines
        }
        Err(_) => "(settings.toml is no TOML)\n".to_owned(),
    }
}

fn tell(lines: &mut String, before: &str, table: &dyn TableLike) {
    for (key, item) in table.iter() {
        let name = format!("{before}{key}");
        match item {
            Item::None => {}
            Item::Value(value) => tell_value(lines, &name, key, value),
            Item::Table(table) => tell(lines, &format!("{name}."), table),
            Item::ArrayOfTables(tables) => {
                for (at, table) in tables.iter().enumerate() {
                    tell(lines, &format!("{name}[{at}]."), table);
                }
            }
        }
    }
}

fn tell_value(lines: &mut String, name: &str, key: &str, value: &Value) {
    let told = match value {
        Value::InlineTable(table) => return tell(lines, &format!("{name}."), table),
        Value::String(text) if SHOWN.contains(&key) => format!("{:?}", shown(key, text.value())),
        Value::Integer(number) => number.value().to_string(),
        Value::Float(number) => number.value().to_string(),
        Value::Boolean(is) => is.value().to_string(),
        Value::Array(values) => format!("[hidden: {} of them]", values.len()),
        Value::String(_) | Value::Datetime(_) => "[hidden]".to_owned(),
    };
    *lines += &format!("{name} = {told}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_no_secret_and_no_module_of_the_settings() {
        let home = tempfile::tempdir().unwrap();
        let places = Places::under(home.path());
        assert!(redacted(&places).contains("can't be read"));
        fs::create_dir(&places.config).unwrap();
        let write = |text: &str| fs::write(places.settings(), text).unwrap();
        write("port = [");
        assert_eq!(redacted(&places), "(settings.toml is no TOML)\n");
        write(
            r#"
# the old one: https://ann:hunter2@old.corp.example
port = 4677
profile = "company"
[profiles.company]
upstreams = "https://ann:hunter2@proxy.corp.example/go?key=hunter2,direct"
private = ["corp.example/secret", "x.example"]
no-checksum-database = "corp.example/secret"
helper = "get-token hunter2"
safety-net = true
rules = [{ patterns = "corp.example/secret", to = "public" }]
"#,
        );
        assert_eq!(
            redacted(&places),
            r#"port = 4677
profile = "company"
profiles.company.upstreams = "https://proxy.corp.example/go?[hidden],direct"
profiles.company.private = [hidden: 2 of them]
profiles.company.no-checksum-database = [hidden]
profiles.company.helper = [hidden]
profiles.company.safety-net = true
profiles.company.rules = [hidden: 1 of them]
"#
        );
        write("[[rules]]\npatterns = [\"corp.example/secret\"]\nto = \"public\"\n");
        assert_eq!(
            redacted(&places),
            "rules[0].patterns = [hidden: 1 of them]\nrules[0].to = \"public\"\n"
        );
    }
}
