//! Values of Go's settings made fit to print.

use crate::readable::without_user_info;

/// The value of a setting without what may be a secret: user info and query of URLs, the path of a URL on this machine
/// (it is where Larder's token stands), and all but the program's name of a command in GOAUTH.
#[must_use]
pub fn shown(key: &str, value: &str) -> String {
    let value = if key == "GOAUTH" {
        let commands: Vec<String> = value.split(';').map(command).collect();
        commands.join(";")
    } else {
        urls(value)
    };
    value
        .chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}

/// `netrc`, `off`, `git DIR` and Larder's own command hold no secret. The arguments of another command may.
fn command(text: &str) -> String {
    let word = text.trim_start();
    let space = &text[..text.len() - word.len()];
    let program = first_word(word);
    match word[program.len()..].trim() {
        "" | "goauth" => text.to_owned(),
        _ if program == "git" => text.to_owned(),
        _ => format!("{space}{program} …"),
    }
}

/// The first word as Go splits it: quotes around it hold it together.
fn first_word(text: &str) -> &str {
    let quote = text
        .chars()
        .next()
        .filter(|first| matches!(first, '\'' | '"'));
    match quote {
        Some(quote) => match text[1..].find(quote) {
            Some(end) => &text[..end + 2],
            None => "",
        },
        None => text.split(char::is_whitespace).next().unwrap_or_default(),
    }
}

fn urls(value: &str) -> String {
    let value = without_user_info(value);
    let mut clean = String::with_capacity(value.len());
    let mut rest = value.as_str();
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let is_end = |letter: char| letter.is_whitespace() || matches!(letter, ',' | '|');
        let (url, others) = after.split_at(after.find(is_end).unwrap_or(after.len()));
        let host_end = url.find(['/', '?', '#']).unwrap_or(url.len());
        let (host, path) = url.split_at(host_end);
        clean.push_str(host);
        let path_end = path.find(['?', '#']).unwrap_or(path.len());
        if is_this_machine(host) && path[..path_end].len() > 1 {
            clean.push_str("/[hidden]");
        } else {
            clean.push_str(&path[..path_end]);
        }
        if path_end < path.len() {
            clean.push_str("?[hidden]");
        }
        rest = others;
    }
    clean.push_str(rest);
    clean
}

/// Is this host, with or without a port, a name of the loopback interface? No host (`file:///`) is none.
fn is_this_machine(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let name = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_taken_out() {
        for (key, value, expected) in [
            ("GOPROXY", "direct", "direct"),
            (
                "GOPROXY",
                "https://gopher:hunter2@proxy.corp.example/go,direct",
                "https://proxy.corp.example/go,direct",
            ),
            (
                "GOPROXY",
                "https://a:hunt,er2@proxy.corp.example/go|off",
                "https://proxy.corp.example/go|off",
            ),
            (
                "GOPROXY",
                "http://127.0.0.1:4677/t0ken|https://proxy.corp.example?key=hunter2,off",
                "http://127.0.0.1:4677/[hidden]|https://proxy.corp.example?[hidden],off",
            ),
            (
                "GOPROXY",
                "http://localhost:4677/t0ken",
                "http://localhost:4677/[hidden]",
            ),
            (
                "GOPROXY",
                "http://[::1]:4677/t0ken/",
                "http://[::1]:4677/[hidden]",
            ),
            ("GOPROXY", "file:///srv/modules", "file:///srv/modules"),
            (
                "GOSUMDB",
                "sum.corp.example+0123+abc https://x:hunter2@sum.corp.example",
                "sum.corp.example+0123+abc https://sum.corp.example",
            ),
            ("GOAUTH", "netrc", "netrc"),
            ("GOAUTH", "git /src; netrc", "git /src; netrc"),
            (
                "GOAUTH",
                "/opt/larder goauth; get-token --secret hunter2;netrc",
                "/opt/larder goauth; get-token …;netrc",
            ),
            (
                "GOAUTH",
                "'/my programs/get-token' hunter2",
                "'/my programs/get-token' …",
            ),
            (
                "GOAUTH",
                "'/my programs/larder' goauth; get-token hunter2 goauth; 'hunter2",
                "'/my programs/larder' goauth; get-token …;  …",
            ),
            ("GOPRIVATE", "corp.example/*\r", "corp.example/*\u{fffd}"),
        ] {
            assert_eq!(shown(key, value), expected);
        }
    }
}
