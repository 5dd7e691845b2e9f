//! The small projects, and the names of what they are made of.

pub(crate) const ROUTER: &str = "example.com/router";
pub(crate) const TRIE: &str = "example.com/trie";
pub(crate) const QUIC: &str = "example.com/quic";
pub(crate) const LOG: &str = "example.com/log";
pub(crate) const FIELDS: &str = "example.com/fields";
pub(crate) const ASSERT: &str = "example.com/assert";
pub(crate) const DIFF: &str = "example.com/diff";
pub(crate) const GOLDEN: &str = "example.com/golden";
pub(crate) const EXTRA: &str = "example.com/extra";
pub(crate) const EXTRA_TESTED: &str = "example.com/extratested";
/// Where the branch `main` is.
pub(crate) const EXTRA_MAIN: &str = "v1.1.1-0.20240102030405-abcdefabcdef";
pub(crate) const GEN: &str = "example.com/gen";
/// A program that no project requires.
pub(crate) const LINT: &str = "example.com/lint";
pub(crate) const TEMPLATE: &str = "example.com/template";
pub(crate) const SECRET: &str = "corp.example/secret/lib";
pub(crate) const SECRET_MAIN: &str = "v1.1.1-0.20240102030405-fedcbafedcba";
/// Newer than any that is installed.
pub(crate) const TOOLCHAIN: &str = "go1.999.0";

/// What is stocked beside each project: what somebody may want to add, and a program.
pub(crate) const BESIDE: [&str; 3] = [
    "example.com/extra@latest",
    "example.com/lint/cmd/lint@v1.0.0",
    "example.com/lint/cmd/lint@latest",
];

/// A project, and what is done to it.
pub(crate) struct Project {
    /// Also the folder's, and the column's in the table.
    pub(crate) name: &'static str,
    /// Its modules, the one where the work is done first.
    pub(crate) modules: &'static [&'static str],
    pub(crate) is_workspace: bool,
    /// What the package there can be told to import: the first line of an import.
    pub(crate) package: &'static str,
    /// A module that it requires, of which there is a newer version; what stands for X in the rows.
    pub(crate) x: &'static str,
    /// What it requires of it, and the newest.
    pub(crate) from: &'static str,
    pub(crate) newest: &'static str,
    /// A module that has a branch `main`, which is at this version.
    pub(crate) branch: (&'static str, &'static str),
    /// The program named by its tool line.
    pub(crate) tool: Option<&'static str>,
    /// The vulnerability of a module whose code it calls.
    pub(crate) vulnerability: Option<&'static str>,
    /// The files, before they were tidied.
    pub(crate) archive: &'static str,
}

pub(crate) const ALL: [Project; 3] = [
    Project {
        name: "service",
        modules: &["."],
        is_workspace: false,
        package: "main",
        x: ROUTER,
        from: "v1.2.0",
        newest: "v1.3.0",
        branch: (EXTRA, EXTRA_MAIN),
        tool: None,
        vulnerability: Some("GO-2024-0001"),
        archive: r#"
-- go.mod --
module example.test/service

go 1.24

toolchain go1.999.0

require (
	example.com/assert v1.0.0
	example.com/log v1.0.0
	example.com/router v1.2.0
)
-- main.go --
package main

import (
	_ "example.com/log"
	"example.com/router"
)

func main() { println(router.Version()) }
-- main_test.go --
package main

import (
	"testing"

	"example.com/assert"
)

func TestVersion(t *testing.T) {
	if assert.Version() != "v1.0.0" {
		t.Fatal(assert.Version())
	}
}
"#,
    },
    Project {
        name: "workspace",
        modules: &["app", "lib"],
        is_workspace: true,
        package: "main",
        x: ROUTER,
        from: "v1.2.0",
        newest: "v1.3.0",
        branch: (EXTRA, EXTRA_MAIN),
        tool: None,
        vulnerability: Some("GO-2024-0001"),
        archive: r#"
-- go.work --
go 1.24

toolchain go1.999.0

use (
	./app
	./lib
)
-- app/go.mod --
module example.test/app

go 1.24

require (
	example.com/assert v1.0.0
	example.com/forked v1.0.0
	example.com/router v1.2.0
	example.test/lib v0.0.0
)

replace example.test/lib => ../lib

replace example.com/forked v1.0.0 => ../forked
-- app/main.go --
package main

import (
	_ "example.com/forked"
	"example.com/router"
	_ "example.test/lib"
)

func main() { println(router.Version()) }
-- app/main_test.go --
package main

import (
	"testing"

	"example.com/assert"
)

func TestVersion(t *testing.T) {
	if assert.Version() != "v1.0.0" {
		t.Fatal(assert.Version())
	}
}
-- lib/go.mod --
module example.test/lib

go 1.24

require example.com/log v1.0.0
-- lib/lib.go --
package lib

import _ "example.com/log"
-- forked/go.mod --
module example.com/forked

go 1.24

require example.com/trie v1.0.0
-- forked/forked.go --
package forked

import _ "example.com/trie"
"#,
    },
    Project {
        name: "private, with a tool",
        modules: &["."],
        is_workspace: false,
        package: "shop",
        x: SECRET,
        from: "v1.0.0",
        newest: "v1.1.0",
        branch: (SECRET, SECRET_MAIN),
        tool: Some("gen"),
        vulnerability: None,
        archive: r#"
-- go.mod --
module corp.example/shop

go 1.24

toolchain go1.999.0

tool example.com/gen/cmd/gen

require (
	corp.example/secret/lib v1.0.0
	example.com/gen v1.0.0
	example.com/log v1.0.0
)
-- shop.go --
package shop

import (
	"corp.example/secret/lib"
	_ "example.com/log"
)

// Version tells which one this is.
func Version() string { return lib.Version() }
-- shop_test.go --
package shop

import "testing"

func TestVersion(t *testing.T) {
	if Version() == "" {
		t.Fatal("none")
	}
}
"#,
    },
];
