//! The account and its administrator: made together at the first start and never again.
//!
//! The account is the mark. It comes into the registry in one transaction with the administrator,
//! so that one that stands has had its administrator, and one that does not is made, anew, by the
//! next start.

use thingpass_domain::access_key::{AccessKey, AccessKeyStatus};
use thingpass_domain::account::{Account, FirstUser};
use thingpass_domain::caller;
use thingpass_domain::clock::Clock;
use thingpass_domain::entropy::{self, Entropy};
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, Path, UserName};
use thingpass_domain::key_ring::RootKey;
use thingpass_domain::managed_policy::{AWS_MANAGED, aws_managed_arn};
use thingpass_domain::store::Store;
use thingpass_domain::user::User;
use zeroize::Zeroizing;

use super::{ADMINISTRATOR_FILE, Administrator, BootFault};
use crate::config::Config;
use crate::data_dir::DataDir;

/// Name of the administrator.
const ADMINISTRATOR: &str = "administrator";

/// The account that stands. Nothing is made for it: what is not there, an operator took away.
pub(super) async fn standing(
    store: &dyn Store,
    config: &Config,
) -> Result<Option<Account>, BootFault> {
    let Some(account) = store.accounts().await?.into_iter().next() else {
        return Ok(None);
    };
    if let Some(wanted) = &config.account_id
        && account.id != *wanted
    {
        return Err(BootFault::Registry(format!(
            "account_id: the data directory belongs to account {}, the configuration says \
             {wanted}: leave account_id out or name another --data-dir",
            account.id
        )));
    }
    if !store.has_active_access_key(&account.id).await? {
        // Not a fault: devices go on without anybody who administers them.
        tracing::warn!(
            account = %account.id,
            "no user has an active access key, so nobody can administer this account, and none \
             is made again: put `thingpass.db` and `root.key` back from a backup in which there \
             is one, or begin anew with another --data-dir"
        );
    }
    Ok(Some(account))
}

/// Makes the account, with an administrator whose access key is told in a file.
pub(super) async fn make(
    store: &dyn Store,
    config: &Config,
    data_dir: &DataDir,
    root_key: &RootKey,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Account, BootFault> {
    let account = new_account(config.account_id.clone(), clock, entropy)?;
    let secret = entropy::secret_access_key(entropy).map_err(Error::from)?;
    let administrator = administrator(&account.id, &secret, root_key, clock, entropy)?;
    let file = Administrator {
        access_key_id: administrator.key.id.to_string(),
        secret_access_key: secret,
    };
    let json = Zeroizing::new(serde_json::to_vec(&file).map_err(Error::internal)?);
    // The file first: a key in the registry whose secret nobody has could not be told again. A
    // file whose key did not get into the registry is replaced by the next start.
    data_dir.write(ADMINISTRATOR_FILE, &json)?;
    store
        .create_account(account.clone(), Some(administrator))
        .await?;
    Ok(account)
}

fn new_account(
    wanted: Option<AccountId>,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Account, Error> {
    let random = u64::from_be_bytes(entropy::bytes(entropy)?);
    let id = match wanted {
        Some(id) => id,
        None => AccountId::new(format!(
            "{:012}",
            100_000_000_000 + random % 900_000_000_000
        ))?,
    };
    // As AWS's prefixes: `c`, then thirteen letters and digits.
    let prefix = data_encoding::BASE32_NOPAD.encode(&entropy::bytes::<10>(entropy)?);
    let prefix: String = prefix.to_ascii_lowercase().chars().take(13).collect();
    Ok(Account {
        id,
        endpoint_prefix: format!("c{prefix}"),
        created_at: clock.now(),
    })
}

fn administrator(
    account: &AccountId,
    secret: &str,
    root_key: &RootKey,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<FirstUser, Error> {
    let policy = AWS_MANAGED
        .first()
        .ok_or_else(|| Error::internal("no policy comes with Thingpass"))?;
    let user = User {
        name: UserName::new(ADMINISTRATOR)?,
        path: Path::root(),
        id: entropy::unique_id(entropy, "AIDA")?,
        permissions_boundary: None,
        created_at: clock.now(),
    };
    let id = entropy::access_key_id("AKIA", account, entropy::bytes(entropy)?);
    let key = AccessKey {
        sealed_secret: root_key.seal(&caller::secret_purpose(&id), secret.as_bytes(), entropy)?,
        id,
        user: user.name.clone(),
        status: AccessKeyStatus::Active,
        created_at: clock.now(),
    };
    Ok(FirstUser {
        user,
        policy: aws_managed_arn(policy)?,
        key,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use thingpass_domain::arn::PolicyArn;
    use thingpass_domain::clock::SystemClock;
    use thingpass_domain::entropy::{EntropyExhausted, SystemEntropy};
    use thingpass_domain::managed_policy::Entity;
    use thingpass_domain::page::PageRequest;

    use super::*;
    use crate::boot::{Booted, boot};
    use crate::config::Overrides;

    /// Fails for good after so many calls.
    struct Failing(AtomicU32);

    impl Entropy for Failing {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyExhausted> {
            let counted = |left: u32| left.checked_sub(1);
            self.0
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, counted)
                .map_err(|_| EntropyExhausted)?;
            SystemEntropy.fill(bytes)
        }
    }

    async fn start(directory: &Path, entropy: Arc<dyn Entropy>) -> Result<Booted, BootFault> {
        let config = Config::read(directory, None, &Overrides::default()).unwrap();
        boot(&config, 8443, Arc::new(SystemClock), entropy).await
    }

    async fn started(directory: &Path) -> Booted {
        start(directory, Arc::new(SystemEntropy)).await.unwrap()
    }

    fn name() -> UserName {
        UserName::new(ADMINISTRATOR).unwrap()
    }

    fn policy() -> PolicyArn {
        aws_managed_arn(&AWS_MANAGED[0]).unwrap()
    }

    async fn policies(booted: &Booted) -> Vec<PolicyArn> {
        let (store, account) = (&booted.context.store, &booted.account.id);
        let user = Entity::User(name());
        let page = store
            .list_attached_managed_policies(account, &user, PageRequest::first(10))
            .await;
        page.unwrap().items
    }

    async fn keys(booted: &Booted) -> Vec<AccessKey> {
        let store = &booted.context.store;
        let keys = store.list_access_keys(&booted.account.id, &name()).await;
        keys.unwrap()
    }

    /// There is one account, and the file tells the one key of its one user, who may do all.
    async fn assert_complete(booted: &Booted) {
        let store = &booted.context.store;
        let accounts = store.accounts().await.unwrap();
        assert_eq!(accounts.len(), 1);
        assert_eq!(accounts[0].id, booted.account.id);
        let users = store
            .list_users(&booted.account.id, "/", PageRequest::first(10))
            .await
            .unwrap();
        assert_eq!(users.items.len(), 1);
        assert_eq!(policies(booted).await, [policy()]);
        let keys = keys(booted).await;
        assert_eq!(keys.len(), 1);
        let file = booted.data_dir.read(ADMINISTRATOR_FILE).unwrap().unwrap();
        let told: Administrator = serde_json::from_slice(&file).unwrap();
        assert_eq!(told.access_key_id, keys[0].id.as_str());
        let purpose = caller::secret_purpose(&keys[0].id);
        let secret = booted
            .context
            .root_key
            .open(&purpose, &keys[0].sealed_secret)
            .unwrap();
        assert_eq!(**secret, *told.secret_access_key.as_bytes());
    }

    #[tokio::test]
    async fn a_first_start_that_ends_anywhere_is_finished_by_the_next() {
        let mut interrupted = 0;
        loop {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("d");
            let entropy = Failing(AtomicU32::new(interrupted));
            let finished = start(&path, Arc::new(entropy)).await.is_ok();
            assert_complete(&started(&path).await).await;
            if finished {
                break;
            }
            interrupted += 1;
        }
        assert!(interrupted > 8, "{interrupted}");
    }

    #[tokio::test]
    async fn a_start_that_ended_between_file_and_registry_is_finished_by_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("d");
        let data_dir = DataDir::create(&path).unwrap();
        let told = br#"{"access_key_id":"AKIAOLD","secret_access_key":"old"}"#;
        data_dir.write(ADMINISTRATOR_FILE, told).unwrap();
        assert_complete(&started(&path).await).await;
    }

    #[tokio::test]
    async fn no_account_stands_before_the_file_does() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("d");
        DataDir::create(&path).unwrap();
        let obstacle = path.join(format!("{ADMINISTRATOR_FILE}.new"));
        std::fs::create_dir(&obstacle).unwrap();
        let fault = start(&path, Arc::new(SystemEntropy)).await.unwrap_err();
        assert!(fault.to_string().contains(ADMINISTRATOR_FILE), "{fault}");
        std::fs::remove_dir(&obstacle).unwrap();
        assert_complete(&started(&path).await).await;
    }

    #[tokio::test]
    async fn a_second_start_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("d");
        let first = started(&path).await;
        let (account, made) = (first.account.id.clone(), keys(&first).await);
        drop(first);
        let second = started(&path).await;
        assert_eq!(second.account.id, account);
        assert_eq!(keys(&second).await, made);
        assert_complete(&second).await;
    }

    #[tokio::test]
    async fn what_is_taken_from_the_administrator_does_not_come_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("d");
        let first = started(&path).await;
        let (store, account) = (&first.context.store, &first.account.id);
        let key = keys(&first).await.remove(0).id;
        store
            .delete_access_key(account, &name(), &key)
            .await
            .unwrap();
        store
            .detach_managed_policy(account, &Entity::User(name()), &policy())
            .await
            .unwrap();
        std::fs::remove_file(path.join(ADMINISTRATOR_FILE)).unwrap();
        drop(first);

        let second = started(&path).await;
        assert_eq!(policies(&second).await, []);
        assert_eq!(keys(&second).await, []);
        assert!(second.data_dir.read(ADMINISTRATOR_FILE).unwrap().is_none());

        let (store, account) = (&second.context.store, second.account.id.clone());
        store.delete_user(&account, &name()).await.unwrap();
        drop(second);
        let third = started(&path).await;
        let user = third.context.store.user(&account, &name()).await.unwrap();
        assert_eq!((third.account.id.clone(), user), (account, None));
        assert!(third.data_dir.read(ADMINISTRATOR_FILE).unwrap().is_none());
    }

    #[tokio::test]
    async fn the_file_alone_does_not_come_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("d");
        let made = keys(&started(&path).await).await;
        std::fs::remove_file(path.join(ADMINISTRATOR_FILE)).unwrap();
        let second = started(&path).await;
        assert!(second.data_dir.read(ADMINISTRATOR_FILE).unwrap().is_none());
        assert_eq!(keys(&second).await, made);
    }
}
