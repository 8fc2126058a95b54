//! The key ring in SQL.

use async_trait::async_trait;
use thingpass_domain::error::Error;
use thingpass_domain::key_ring::{KeyRingStore, StoredRingKey};

use crate::SqliteStore;
use crate::transact::step;
use crate::value::{Columns as _, args};

#[async_trait]
impl KeyRingStore for SqliteStore {
    async fn ring_keys(&self) -> Result<Vec<StoredRingKey>, Error> {
        let rows = self
            .read()
            .await?
            .rows(
                "SELECT id, sealed, created_at_ms FROM ring_key ORDER BY id",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(StoredRingKey {
                    id: row.number("id")?,
                    sealed: row.bytes("sealed")?,
                    created_at: row.time("created_at_ms")?,
                })
            })
            .collect()
    }

    async fn add_ring_key(&self, key: StoredRingKey) -> Result<(), Error> {
        let key = &key;
        self.transact(|write| {
            step(async move {
                let inserted = write
                    .execute(
                        "INSERT INTO ring_key (id, sealed, created_at_ms) VALUES ($1, $2, $3)
                         ON CONFLICT DO NOTHING",
                        args![key.id, key.sealed.as_slice(), key.created_at],
                    )
                    .await?;
                if inserted == 0 {
                    let message = format!("the key ring has a key {} already", key.id);
                    return Err(Error::already_exists(message).into());
                }
                write.changed("ring_key", key.id);
                Ok(())
            })
        })
        .await
    }

    async fn delete_ring_key(&self, id: u32) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                if write
                    .execute("DELETE FROM ring_key WHERE id = $1", args![id])
                    .await?
                    > 0
                {
                    write.changed("ring_key", id);
                }
                Ok(())
            })
        })
        .await
    }
}
