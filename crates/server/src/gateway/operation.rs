//! The operations of DynamoDB and DynamoDB Streams that the tables know.

use std::fmt;

/// The prefix of `X-Amz-Target` for tables.
const TABLES: &str = "DynamoDB_20120810";
/// The prefix of `X-Amz-Target` for streams.
const STREAMS: &str = "DynamoDBStreams_20120810";

macro_rules! operations {
    ($($service:ident { $($name:ident),* $(,)? })*) => {
        /// An operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(
                #[doc = concat!("`", stringify!($name), "`")]
                $name,
            )*)*
        }

        impl Operation {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The operation that `X-Amz-Target` names by its two halves, for example
            /// `DynamoDB_20120810` and `PutItem`. Case counts.
            pub fn from_target(service: &str, name: &str) -> Option<Self> {
                match (service, name) {
                    $($(($service, stringify!($name)) => Some(Self::$name),)*)*
                    _ => None,
                }
            }

            /// Its name, for example `PutItem`.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$name => stringify!($name),)*)*
                }
            }

            /// The first half of its target.
            pub fn service(self) -> &'static str {
                match self {
                    $($(Self::$name => $service,)*)*
                }
            }

            /// The IAM action of the same name. Transactions and PartiQL demand others in its place.
            pub(super) fn action(self) -> &'static str {
                match self {
                    $($(Self::$name => concat!("dynamodb:", stringify!($name)),)*)*
                }
            }
        }
    };
}

operations! {
    TABLES {
        CreateTable, DeleteTable, DescribeTable, ListTables, UpdateTable,
        PutItem, GetItem, DeleteItem, UpdateItem, Query, Scan, SearchVectors,
        BatchGetItem, BatchWriteItem, TransactWriteItems, TransactGetItems,
        UpdateTimeToLive, DescribeTimeToLive,
        ExecuteStatement, ExecuteTransaction, BatchExecuteStatement,
        TagResource, UntagResource, ListTagsOfResource,
    }
    STREAMS { ListStreams, DescribeStream, GetShardIterator, GetRecords }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_one_operation_in_one_spelling() {
        assert_eq!(Operation::ALL.len(), 28);
        for operation in Operation::ALL {
            let read = Operation::from_target(operation.service(), operation.name());
            assert_eq!(read, Some(*operation));
        }
        for (service, name) in [
            (TABLES, "putItem"),
            (TABLES, "PutItem "),
            (TABLES, "GetRecords"),
            (STREAMS, "PutItem"),
            ("dynamodb_20120810", "PutItem"),
            (TABLES, "CreateBackup"),
        ] {
            assert_eq!(
                Operation::from_target(service, name),
                None,
                "{service}.{name}"
            );
        }
    }
}
