//! What has to be true of a store, whatever happened to the process that wrote it.

use std::path::Path;

/// The file is sound, and every row that was written with a checksum still has it.
pub fn assert_whole(folder: &Path, when: &str) {
    let store = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    let sound: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "{when}");
    for (table, column) in [("models", "bytes"), ("standings", "body"), ("forecasts", "body")] {
        // A store that was never opened without a fault has none yet.
        if !store.table_exists(None, table).unwrap() {
            continue;
        }
        let mut rows = store.prepare(&format!("SELECT {column}, checksum FROM {table}")).unwrap();
        let whole = |row: &rusqlite::Row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u32>(1)?));
        for row in rows.query_map([], whole).unwrap() {
            let (bytes, checksum) = row.unwrap();
            assert_eq!(crc32fast::hash(&bytes), checksum, "{when}: {table}");
        }
    }
}
