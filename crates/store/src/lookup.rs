//! The inline reads. Each is one statement, or a few in one snapshot, on a connection of its own.
//! What does not read as this program writes it is an error: no row is ever skipped in silence,
//! since the row might be a policy that denies.

pub(crate) mod readers;

use rusqlite::{Connection, Params};
use thingpass_domain::certificate::CertificateStatus;
use thingpass_domain::error::Error;
use thingpass_domain::id::{
    AccessKeyId, AccountId, CertificateId, RoleAliasName, RoleName, ThingName, UniqueId,
};
use thingpass_domain::lookup::{
    AccessKeyRecord, DeviceRecord, EntityPolicies, Lookup, PolicyDocument, RoleRecord,
};
use thingpass_domain::role_alias::RoleAlias;
use thingpass_domain::thing::Thing;

use crate::SqliteStore;
use crate::dialect::lookup_error;
use crate::entity::name_key;
use crate::value::Columns;
use crate::{access_key, certificate, role, role_alias, thing, user};

impl Lookup for SqliteStore {
    fn revision(&self) -> u64 {
        self.revision.number()
    }

    fn device(
        &self,
        account: &AccountId,
        certificate: &CertificateId,
    ) -> Result<Option<DeviceRecord>, Error> {
        let id = certificate.to_string();
        let rows = self.readers.with(|connection| {
            all(connection, DEVICE, (account.as_str(), &id), |row| {
                let policy = match row.optional_text("policy_name")? {
                    Some(name) => Some(PolicyDocument {
                        name,
                        document: row.text("document")?,
                    }),
                    None => None,
                };
                Ok((read_device(row)?, policy))
            })
        })?;
        let mut device: Option<DeviceRecord> = None;
        for (read, policy) in rows {
            device.get_or_insert(read).policies.extend(policy);
        }
        Ok(device)
    }

    fn attached_thing(
        &self,
        account: &AccountId,
        certificate: &CertificateId,
        thing: &ThingName,
    ) -> Result<Option<Thing>, Error> {
        let id = certificate.to_string();
        let parameters = (account.as_str(), thing.as_str(), id.as_str());
        self.readers.with(|connection| {
            one(connection, ATTACHED_THING, parameters, |row| {
                thing::read(row)
            })
        })
    }

    fn role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
    ) -> Result<Option<RoleAlias>, Error> {
        let parameters = (account.as_str(), name.as_str());
        self.readers.with(|connection| {
            one(connection, role_alias::ONE, parameters, |row| {
                role_alias::read(row)
            })
        })
    }

    fn role_by_name(
        &self,
        account: &AccountId,
        name: &RoleName,
    ) -> Result<Option<RoleRecord>, Error> {
        self.role_record(account, role::BY_NAME, &name_key(name))
    }

    fn role_by_id(&self, account: &AccountId, id: &UniqueId) -> Result<Option<RoleRecord>, Error> {
        self.role_record(account, role::BY_ID, id.as_str())
    }

    fn access_key(&self, id: &AccessKeyId) -> Result<Option<AccessKeyRecord>, Error> {
        self.readers.snapshot(|connection| {
            let record = one(connection, ACCESS_KEY, (id.as_str(),), |row| {
                Ok(AccessKeyRecord {
                    account: row.parsed("account_id")?,
                    status: access_key::read_status(row)?,
                    sealed_secret: row.bytes("sealed_secret")?,
                    user: user::read(row)?,
                    policies: EntityPolicies::default(),
                })
            })?;
            let Some(mut record) = record else {
                return Ok(None);
            };
            let boundary = record.user.permissions_boundary.as_deref();
            record.policies = policies(connection, &record.account, &record.user.id, boundary)?;
            Ok(Some(record))
        })
    }

    fn managed_policy(
        &self,
        account: &AccountId,
        arn: &str,
    ) -> Result<Option<PolicyDocument>, Error> {
        self.readers
            .with(|connection| managed_policy(connection, account, arn))
    }
}

impl SqliteStore {
    fn role_record(
        &self,
        account: &AccountId,
        sql: &'static str,
        key: &str,
    ) -> Result<Option<RoleRecord>, Error> {
        self.readers.snapshot(|connection| {
            let role = one(connection, sql, (account.as_str(), key), |row| {
                role::read(row)
            })?;
            let Some(role) = role else { return Ok(None) };
            let boundary = role.permissions_boundary.as_deref();
            let policies = policies(connection, account, &role.id, boundary)?;
            Ok(Some(RoleRecord { role, policies }))
        })
    }
}

const DEVICE: &str = "
    SELECT c.status, c.not_before_ms, c.not_after_ms, c.pem, a.policy_name, v.document
    FROM certificate c
    LEFT JOIN iot_policy_attachment a
      ON a.account_id = c.account_id AND a.certificate_id = c.id
    LEFT JOIN iot_policy p ON p.account_id = a.account_id AND p.name = a.policy_name
    LEFT JOIN iot_policy_version v
      ON v.account_id = p.account_id AND v.policy_name = p.name
     AND v.number = p.default_version
    WHERE c.account_id = $1 AND c.id = $2
    ORDER BY a.policy_name";

const ATTACHED_THING: &str = "
    SELECT t.name, t.id, t.thing_type, t.attributes, t.version
    FROM thing_principal a
    JOIN thing t ON t.account_id = a.account_id AND t.name = a.thing_name
    WHERE a.account_id = $1 AND a.thing_name = $2 AND a.certificate_id = $3";

const ACCESS_KEY: &str = "
    SELECT k.account_id, k.status, k.sealed_secret, u.name, u.path, u.id,
        u.permissions_boundary, u.created_at_ms
    FROM access_key k
    JOIN iam_user u ON u.account_id = k.account_id AND u.id = k.user_id
    WHERE k.id = $1";

const IDENTITY_POLICIES: &str = "
    SELECT name, document
    FROM inline_policy
    WHERE account_id = $1 AND entity_id = $2
    UNION ALL
    SELECT a.policy_arn AS name, v.document
    FROM managed_policy_attachment a
    LEFT JOIN managed_policy p ON p.arn = a.policy_arn
    LEFT JOIN managed_policy_version v
      ON v.policy_arn = p.arn AND v.number = p.default_version
    WHERE a.account_id = $1 AND a.entity_id = $2";

const MANAGED_POLICY: &str = "
    SELECT p.arn AS name, v.document
    FROM managed_policy p
    LEFT JOIN managed_policy_version v
      ON v.policy_arn = p.arn AND v.number = p.default_version
    WHERE p.arn = $1 AND p.account_id IN ($2, 'aws')";

fn policies(
    connection: &Connection,
    account: &AccountId,
    entity_id: &UniqueId,
    boundary: Option<&str>,
) -> Result<EntityPolicies, Error> {
    let parameters = (account.as_str(), entity_id.as_str());
    Ok(EntityPolicies {
        identity: all(connection, IDENTITY_POLICIES, parameters, read_document)?,
        boundary: boundary
            .map(|arn| managed_policy(connection, account, arn))
            .transpose()?,
    })
}

fn managed_policy(
    connection: &Connection,
    account: &AccountId,
    arn: &str,
) -> Result<Option<PolicyDocument>, Error> {
    one(
        connection,
        MANAGED_POLICY,
        (arn, account.as_str()),
        read_document,
    )
}

fn read_document(row: &rusqlite::Row<'_>) -> Result<PolicyDocument, Error> {
    Ok(PolicyDocument {
        name: row.text("name")?,
        document: row.text("document")?,
    })
}

fn read_device(row: &rusqlite::Row<'_>) -> Result<DeviceRecord, Error> {
    let status: CertificateStatus = certificate::read_status(row)?;
    Ok(DeviceRecord {
        status,
        not_before: row.time("not_before_ms")?,
        not_after: row.time("not_after_ms")?,
        pem: row.text("pem")?,
        policies: Vec::new(),
    })
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnMut(&rusqlite::Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    Ok(all(connection, sql, parameters, read)?.into_iter().next())
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    mut read: impl FnMut(&rusqlite::Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection
        .prepare_cached(sql)
        .map_err(|e| lookup_error(&e))?;
    let mut rows = statement.query(parameters).map_err(|e| lookup_error(&e))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(|e| lookup_error(&e))? {
        found.push(read(row)?);
    }
    Ok(found)
}
