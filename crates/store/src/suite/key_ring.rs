//! The key ring.

use thingpass_domain::error::Error;
use thingpass_domain::key_ring::StoredRingKey;
use thingpass_domain::store::Store;

use super::fixture::at;

pub(crate) async fn ring_keys_are_kept_by_id(store: &dyn Store) {
    let key = |id: u32| StoredRingKey {
        id,
        sealed: vec![0, 1, 255],
        created_at: at(i64::from(id)),
    };
    assert_eq!(store.ring_keys().await.unwrap(), []);
    store.add_ring_key(key(2)).await.unwrap();
    store.add_ring_key(key(1)).await.unwrap();
    let taken = store.add_ring_key(key(2)).await;
    assert!(matches!(taken, Err(Error::AlreadyExists { .. })));
    assert_eq!(store.ring_keys().await.unwrap(), [key(1), key(2)]);
    store.delete_ring_key(1).await.unwrap();
    store.delete_ring_key(1).await.unwrap();
    assert_eq!(store.ring_keys().await.unwrap(), [key(2)]);
}
