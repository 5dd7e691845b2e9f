//! One SQLite file: how it is opened, brought up to date, and how its failures are told apart.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlSafeStr;
use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// How long a statement waits for another process' lock.
const BUSY: Duration = Duration::from_secs(5);
/// How long an asker waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(30);
/// Pages kept in memory by a connection, in KiB (negative as `PRAGMA cache_size` wants it): the system's own cache of the
/// file is near enough, and an idle Larder stays small.
const CACHE_SIZE: &str = "-256";
/// To what the write-ahead log is cut back, in bytes.
const LOG_SIZE: &str = "1048576";

/// What a database file is for.
pub(crate) struct Purpose {
    /// The migrations, oldest first: a description, and SQL that never changes once it was released.
    pub(crate) migrations: &'static [(&'static str, &'static str)],
    /// Whether each commit reaches the disk before it returns.
    pub(crate) synchronous: SqliteSynchronous,
    /// How many connections, each of them a thread and its page cache.
    pub(crate) connections: u32,
}

/// Why a database failed, as far as somebody acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The file is not what SQLite wrote.
    Damaged,
    /// A newer Larder wrote it.
    Newer,
    /// No room on the disk.
    Full,
    /// The file or its folder cannot be written to.
    ReadOnly,
    /// The pool was closed, because the file was replaced or the store is.
    PoolClosed,
    /// Anything else.
    Other,
}

/// Tells failures of a query apart. Codes: <https://www.sqlite.org/rescode.html>, the low byte is the primary one.
pub(crate) fn fault(error: &sqlx::Error) -> Fault {
    const CORRUPT: u32 = 11;
    const FULL: u32 = 13;
    const READONLY: u32 = 8;
    const NOTADB: u32 = 26;
    // The memory that processes share over a database is a file, and could not grow: for want of room, as good as always.
    const IOERR_SHMSIZE: u32 = 10 | (19 << 8);
    let code = match error {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<u32>().ok()),
        sqlx::Error::Migrate(error) => return migrate_fault(error),
        sqlx::Error::PoolClosed => return Fault::PoolClosed,
        // A column that is not what the migrations made it: somebody else's file.
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) => return Fault::Damaged,
        // Asked for is one row only where the migrations put one.
        sqlx::Error::RowNotFound => return Fault::Damaged,
        _ => None,
    };
    if code == Some(IOERR_SHMSIZE) {
        return Fault::Full;
    }
    match code.map(|code| code & 0xff) {
        Some(CORRUPT | NOTADB) => Fault::Damaged,
        Some(FULL) => Fault::Full,
        Some(READONLY) => Fault::ReadOnly,
        // SQLITE_ERROR says almost anything; a table that the migrations made and is gone is damage.
        Some(1) if error.to_string().contains("no such table") => Fault::Damaged,
        Some(_) | None => Fault::Other,
    }
}

fn migrate_fault(error: &MigrateError) -> Fault {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => fault(error),
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => Fault::Newer,
        MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => Fault::Damaged,
        _ => Fault::Other,
    }
}

/// Opens a database file, made with mode 0600 where missing, and runs what migrations it lacks.
pub(crate) async fn open(path: &Path, purpose: &Purpose) -> Result<SqlitePool, sqlx::Error> {
    // SQLite would make it with the mode that the umask leaves; its log and shared memory take the mode of the file.
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(sqlx::Error::Io)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(purpose.synchronous)
        .busy_timeout(BUSY)
        .pragma("cache_size", CACHE_SIZE)
        .pragma("journal_size_limit", LOG_SIZE)
        .statement_cache_capacity(16)
        .thread_name(|number| format!("sqlite-{number}"));
    let pool = SqlitePoolOptions::new()
        .max_connections(purpose.connections)
        .acquire_timeout(ACQUIRE)
        // Neither an age nor an idle limit: no timer wakes an idle process.
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    let migrated = async {
        let mut connection = pool.acquire().await?;
        migrator(purpose)
            .run_direct(None, &mut *connection, false)
            .await?;
        Ok(())
    }
    .await;
    match migrated {
        Ok(()) => Ok(pool),
        Err(error) => {
            pool.close().await;
            Err(error)
        }
    }
}

fn migrator(purpose: &Purpose) -> Migrator {
    let migrations = purpose
        .migrations
        .iter()
        .zip(1..)
        .map(|((description, sql), version)| {
            let (description, sql) = ((*description).into(), (*sql).into_sql_str());
            Migration::new(version, description, MigrationType::Simple, sql, false)
        });
    Migrator::with_migrations(migrations.collect())
}

/// Gives a database file and what SQLite keeps beside it other names; returns the new name of the file.
pub(crate) fn move_aside(path: &Path, suffix: &str) -> std::io::Result<PathBuf> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let aside = beside(suffix);
    for end in ["", "-wal", "-shm"] {
        let from = beside(end);
        let mut to = aside.clone().into_os_string();
        to.push(end);
        // A rename does not replace a folder by a file, nor the other way round.
        let _ = crate::files::remove_whatever(Path::new(&to));
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}
