//! Profiles, read: what they say, and every complaint with its place and a mend.

use secret::SafeUrl;
use upstream::PrivateRedirects;

use super::*;

/// A key that no database has.
pub(super) const KEY: &str =
    "sums.example.com+6032d79d+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const COMPANY: &str = r#"profile = "company"

[profiles.company]
upstreams = "https://proxy.corp.example,direct"
checksum-database = "off"
private = ["corp.example/*", "github.com/acme/*"]
private-upstreams = "https://athens.corp.example"
private-redirects = ["https://storage.corp.example", "http://10.0.0.2:9000/"]
no-checksum-database = ["example.org/*"]

[[profiles.company.rules]]
patterns = ["github.com/acme/tools/*"]
to = "public"
private = true

[[profiles.company.rules]]
patterns = "example.net/a,example.net/b/"
upstreams = "https://mirror.example.com|off"
"#;

#[test]
fn every_key_of_a_profile_is_read() {
    let settings = parse(COMPANY).unwrap();
    assert_eq!(settings.active, named("company"));
    assert_eq!(settings.profiles[0], ProfileSettings::new(PUBLIC));
    let company = settings.profile("company").unwrap();
    assert_eq!(company.upstreams.as_ref().unwrap().value().entries.len(), 2);
    assert_eq!(
        company.checksum_db.as_ref().unwrap().value(),
        &delivery::ChecksumDb::Off
    );
    assert_eq!(company.private, ["corp.example/*", "github.com/acme/*"]);
    assert_eq!(
        company.private_upstreams.as_ref().unwrap().expose(),
        "https://athens.corp.example"
    );
    let named: Vec<String> = company
        .private_redirects
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        named,
        ["https://storage.corp.example", "http://10.0.0.2:9000"]
    );
    assert_eq!(company.no_checksum_db, ["example.org/*"]);
    let [tools, mirror] = company.rules.as_slice() else {
        panic!("{company:?}")
    };
    assert!(tools.private && tools.target == RuleTarget::Profile("public".to_owned()));
    assert!(!mirror.private && matches!(&mirror.target, RuleTarget::Upstreams(_)));
    assert_eq!(mirror.patterns, ["example.net/a", "example.net/b/"]);
    assert!(mirror.patterns().matches("example.net/b/c"));

    let private = company.private_patterns();
    assert!(private.matches("corp.example/x") && private.matches("github.com/acme/tools/x"));
    assert!(!private.matches("example.net/a") && !private.matches("example.org/x"));
    assert!(company.no_checksum_db_patterns().matches("example.org/x/y"));
    // Private names would go to go's default upstreams: that may be meant, but it is said.
    assert_eq!(settings.warnings.len(), 1);
    assert!(
        settings.warnings[0].starts_with("settings.toml:13:6: "),
        "{:?}",
        settings.warnings
    );
}

#[test]
fn other_forms_of_toml_mean_the_same() {
    let company = parse(COMPANY).unwrap().profiles;
    let inline = r#"profiles = { company = { upstreams = "https://proxy.corp.example,direct", checksum-database = "off", private = "corp.example/*,github.com/acme/*", private-upstreams = "https://athens.corp.example", private-redirects = ["https://storage.corp.example", "http://10.0.0.2:9000/"], no-checksum-database = "example.org/*", rules = [ { patterns = "github.com/acme/tools/*", to = "public", private = true }, { patterns = ["example.net/a", "example.net/b/"], upstreams = "https://mirror.example.com|off" } ] } }"#;
    assert_eq!(parse(inline).unwrap().profiles, company);
    let dotted = r#"
profiles.company.upstreams = "https://proxy.corp.example,direct"
profiles.company.checksum-database = "off"
profiles.company.private = ["corp.example/*", "github.com/acme/*"]
profiles.company.private-upstreams = "https://athens.corp.example"
profiles.company.private-redirects = ["https://storage.corp.example", "http://10.0.0.2:9000/"]
profiles.company.no-checksum-database = ["example.org/*"]
profiles.company.rules = [
    { patterns = ["github.com/acme/tools/*"], to = "public", private = true }, # one
    { patterns = ["example.net/a", "example.net/b/"], upstreams = "https://mirror.example.com|off" },
]
"#;
    assert_eq!(parse(dotted).unwrap().profiles, company);
}

#[test]
fn private_names_may_be_redirected_to_what_is_named_and_to_who_hears_them_anyway() {
    let redirects = |text: &str| {
        let settings = parse(text).unwrap();
        settings.profile("a").unwrap().private_redirects()
    };
    let to = |urls: &[&str]| {
        let urls: Vec<SafeUrl> = urls
            .iter()
            .map(|url| SafeUrl::parse(url).unwrap())
            .collect();
        PrivateRedirects::to(&urls)
    };
    assert_eq!(redirects("[profiles.a]"), PrivateRedirects::default());
    let text = r#"
[profiles.b]
upstreams = "https://b.example"
[profiles.a]
upstreams = "https://public.example"
private-upstreams = "https://athens.example/go,file:///srv/go,direct"
private-redirects = ["https://storage.example"]
rules = [
    { patterns = "x.example", upstreams = "https://x.example", private = true },
    { patterns = "y.example", upstreams = "https://y.example" },
    { patterns = "z.example", to = "b", private = true },
]
"#;
    let told = [
        "https://athens.example",
        "https://x.example",
        "https://storage.example",
    ];
    assert_eq!(redirects(text), to(&told));
}

#[test]
fn the_safety_net_is_there_unless_it_is_taken_away() {
    let net = |text: &str| parse(text).unwrap().profile("a").unwrap().safety_net;
    assert!(net("[profiles.a]"));
    assert!(net("[profiles.a]\nsafety-net = true"));
    assert!(!net("[profiles.a]\nsafety-net = false"));
}

#[test]
fn where_credentials_are_looked_for() {
    let plain = parse("").unwrap().credentials;
    assert!(plain.keyring && !plain.netrc && !plain.encrypted_file);
    let said = parse(
        "[credentials]\nkeyring = false\nnetrc = true\nencrypted-file = true\n[credentials.helpers]\n\"HTTPS://Proxy.corp.example:443/\" = [\"token\", \"get\"]",
    )
    .unwrap()
    .credentials;
    assert!(!said.keyring && said.netrc && said.encrypted_file);
    let helpers: Vec<_> = said
        .helpers
        .iter()
        .map(|(origin, helper)| (origin.as_str(), helper.program()))
        .collect();
    assert_eq!(helpers, [("https://proxy.corp.example", "token")]);
}

#[test]
fn public_is_there_and_can_be_given_settings_of_its_own() {
    assert_eq!(parse("profile = \"public\"").unwrap(), Settings::default());
    let settings = parse("[profiles.a]\n[profiles.public]\nupstreams = \"off\"\n").unwrap();
    let names: Vec<&str> = settings
        .profiles
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    assert_eq!(names, ["public", "a"]);
    assert!(settings.profiles[0].upstreams.is_some());
    assert_eq!(settings.active, Choice::default());
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_a_mend() {
    for (text, place, says) in [
        ("profile = \"x\"", "1:11", "there is public;"),
        ("profile = 3", "1:11", "a text in quotes"),
        ("profiles = 3", "1:12", "must be a table: [profiles]"),
        ("[profiles]\na = 3", "2:5", "[profiles.a]"),
        ("[profiles.Company]", "1:11", "a-z, 0-9"),
        ("[profiles.\"\"]", "1:11", "a-z, 0-9"),
        ("[profiles.-a]", "1:11", "begin with a letter"),
        (
            "[profiles.a2345678901234567890123456789012345678901]",
            "1:11",
            "at most 40",
        ),
        ("[profiles.a]\nupstreams = 3", "2:13", "as in GOPROXY"),
        ("[profiles.a]\nupstreams = \"\"", "2:13", "no entries"),
        (
            "[profiles.a]\nupstreams = \"ftp://a.example\"",
            "2:13",
            "https, http or file",
        ),
        (
            "[profiles.a]\nprivate-upstreams = \"nothing\"",
            "2:21",
            "no scheme",
        ),
        ("[profiles.a]\nchecksum-database = \"\"", "2:21", "`off`"),
        (
            "[profiles.a]\nchecksum-database = \"a b c\"",
            "2:21",
            "3 words",
        ),
        (
            "[profiles.a]\nchecksum-database = \"https://sums.example.com\"",
            "2:21",
            "a URL may stand behind it",
        ),
        ("[profiles.a]\nchecksum-database = false", "2:21", "off"),
        ("[profiles.a]\nsafety-net = 1", "2:14", "true or false"),
        (
            "[profiles.a]\nhttp-proxy = 3128",
            "2:14",
            "http://host:port",
        ),
        (
            "[profiles.a]\nhttp-proxy = \"proxy:3128\"",
            "2:14",
            "http-proxy",
        ),
        (
            "[profiles.a]\nhttp-proxy = \"http://me:pw@proxy:3128\"",
            "2:14",
            "HTTPS_PROXY",
        ),
        (
            "[profiles.a]\nchecksum-database = \"sums.example.com+6032d79d+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA https://me:pw@sums.example.com:8443/x\"",
            "2:21",
            "larder login https://sums.example.com:8443",
        ),
        (
            "[profiles.a]\nextra-ca = \"ca.pem\"",
            "2:12",
            "absolute path",
        ),
        (
            "[profiles.a]\nclient-certificate = true",
            "2:22",
            "absolute path",
        ),
        ("[credentials]\nkeyring = \"yes\"", "2:11", "true or false"),
        (
            "[credentials.helpers]\n\"https://a.example/x\" = [\"h\"]",
            "2:1",
            "nothing behind it",
        ),
        (
            "[credentials.helpers]\n\"http://a.example\" = [\"h\"]",
            "2:1",
            "in the open",
        ),
        (
            "[credentials.helpers]\n\"https://a.example\" = \"h\"",
            "2:23",
            "list of texts",
        ),
        (
            "[credentials.helpers]\n\"https://a.example\" = [\"bin/h\"]",
            "2:23",
            "relative path",
        ),
        ("[profiles.a]\nprivate = 1", "2:11", "list of patterns"),
        (
            "[profiles.a]\nprivate = [\n \"b\",\n 1]",
            "4:2",
            "list of patterns",
        ),
        (
            "[profiles.a]\nprivate = [\n \"b\",\n \"c[\"]",
            "4:2",
            "close its bracket",
        ),
        (
            "[profiles.a]\nprivate = \"b,c d\"",
            "2:11",
            "go does not trim spaces",
        ),
        (
            "[profiles.a]\nno-checksum-database = [\"\"]",
            "2:25",
            "there is no pattern",
        ),
        (
            "[profiles.a]\nprivate-redirects = \"https://b.example\"",
            "2:21",
            "list of origins",
        ),
        (
            "[profiles.a]\nprivate-redirects = [\"b.example\"]",
            "2:22",
            "no scheme",
        ),
        (
            "[profiles.a]\nprivate-redirects = [\"file:///srv\"]",
            "2:22",
            "folder",
        ),
        (
            "[profiles.a]\nprivate-redirects = [\"https://b.example/x\"]",
            "2:22",
            "no more than",
        ),
        (
            "[profiles.a]\nprivate-redirects = [\"https://me:pw@b.example\"]",
            "2:22",
            "no more than",
        ),
        ("[profiles.a]\nrules = 1", "2:9", "[[profiles.a.rules]]"),
        ("[profiles.a]\nrules = [1]", "2:10", "[[profiles.a.rules]]"),
        ("[profiles.a.rules]", "1:1", "[[profiles.a.rules]]"),
        ("[[profiles.a.rules]]\nto = \"public\"", "1:1", "`patterns`"),
        (
            "[[profiles.a.rules]]\npatterns = []\nto = \"public\"",
            "1:1",
            "`patterns`",
        ),
        (
            "[[profiles.a.rules]]\npatterns = \"b\"",
            "1:1",
            "`to` with the name",
        ),
        (
            "[[profiles.a.rules]]\npatterns = \"b\"\nto = \"public\"\nupstreams = \"off\"",
            "1:1",
            "both",
        ),
        (
            "[[profiles.a.rules]]\npatterns = \"b\"\nto = \"a\"",
            "3:6",
            "the rule's own profile",
        ),
        (
            "[profiles.b]\n[[profiles.a.rules]]\npatterns = \"b\"\nto = \"c\"",
            "4:6",
            "there is public, b, a;",
        ),
        (
            "[[profiles.a.rules]]\npatterns = \"b\"\nto = \"public\"\nprivate = \"yes\"",
            "4:11",
            "true or false",
        ),
    ] {
        let failure = parse(text).unwrap_err();
        assert_eq!(failure.code, Code::BadSettings);
        assert!(
            failure
                .message
                .starts_with(&format!("settings.toml:{place}: "))
                && failure.message.contains(says),
            "{text:?}: {failure}"
        );
    }
}

#[test]
fn unknown_keys_are_warned_about_with_their_place() {
    let settings =
        parse("[profiles.a]\nupstream = 1\n[[profiles.a.rules]]\npatterns = \"b\"\nupstreams = \"off\"\nfor = 2\n")
            .unwrap();
    assert_eq!(
        settings.warnings,
        [
            "settings.toml:2:1: Larder knows no setting `profiles.a.upstream`; it is ignored",
            "settings.toml:6:1: Larder knows no setting `profiles.a.rules.for`; it is ignored",
        ]
    );
}

#[test]
fn a_profile_may_stand_before_those_it_names() {
    let text = "profile = \"b\"\n[[profiles.a.rules]]\npatterns = \"x.example\"\nto = \"b\"\n[profiles.b]\n";
    assert_eq!(parse(text).unwrap().active, named("b"));
}

#[test]
fn passwords_are_kept_but_never_shown() {
    let text = format!(
        r#"[profiles.a]
upstreams = "https://me:hunter2@proxy.corp.example/x?key=hunter2|direct"
private-upstreams = "https://hunter2@athens.corp.example"
checksum-database = "{KEY} https://sums.example.com?key=hunter2"
[[profiles.a.rules]]
patterns = "b.example"
upstreams = "https://me:hunter2@b.example"
"#
    );
    let settings = parse(&text).unwrap();
    let profile = settings.profile("a").unwrap();
    assert!(
        profile
            .upstreams
            .as_ref()
            .unwrap()
            .expose()
            .contains("me:hunter2@")
    );
    let shown = format!("{settings:?} {settings:#?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("proxy.corp.example/x"), "{shown}");

    let list = "https://me:hunter2@a.example";
    for line in [
        format!("upstreams = \"{list}:port\""),
        format!("upstreams = \"{list}/%zz\""),
        format!("upstreams = \"ftp://me:hunter2@a.example,{list}\""),
        format!("upstreams = [\"{list}\"]"),
        format!("upstreams = \"{list}"),
        format!("upstreams = {list}"),
        format!("upstreams \"{list}\""),
        list.to_owned(),
        "private-upstreams = \"/me:hunter2@a\"".to_owned(),
        format!("private = \"{list}\""),
        "private = [\"me:hunter2@a.example\"]".to_owned(),
        format!("checksum-database = \"a {list} {list}\""),
        format!("checksum-database = \"{list}\""),
        "checksum-database = \"me:hunter2@a.example https://a.example\"".to_owned(),
        format!("checksum-database = \"{KEY} {list}\""),
        format!("http-proxy = \"{list}\""),
        "http-proxy = \"http://hunter2@a.example:3128\"".to_owned(),
        format!("rules = \"{list}\""),
    ] {
        let failure = parse(&format!("[profiles.a]\n{line}\n")).unwrap_err();
        let shown = format!("{failure} {failure:?}");
        assert!(!shown.contains("hunter2"), "{line}: {shown}");
        assert!(failure.message.starts_with("settings.toml:2:"), "{failure}");
    }
}
