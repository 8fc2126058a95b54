//! The store suite: what every engine must do, as tests of the [`Store`] trait. `store_suite!`
//! runs all of it on one engine.

mod access;
mod certificate;
mod fixture;
mod inline_policy;
mod iot_policy;
mod isolation;
mod key_ring;
mod lookup;
mod managed_policy;
mod policy_version;
mod principal;
mod role;
mod role_alias;
mod sqlite;
mod thing;
mod write;

use thingpass_domain::error::Error;
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::store::Store;

/// Runs the suite on the engine whose fresh store `$make` gives, as a field `store`.
macro_rules! store_suite {
    ($make:path) => {
        $crate::suite::store_suite! { $make,
            access {
                keys_of_a_user_are_made_switched_off_and_deleted,
                an_account_knows_whether_any_key_of_it_may_be_used,
                an_account_and_its_first_user_are_made_together_or_not_at_all,
                a_third_access_key_is_refused,
                a_key_of_another_user_is_not_found,
                a_user_with_keys_or_policies_stays,
                a_user_is_found_whatever_the_case_of_the_letters,
                a_boundary_must_be_there,
                users_are_listed_by_name_and_path,
            }
            certificate {
                a_certificate_is_registered_once,
                a_certificate_does_not_come_back_with_another_signature,
                each_change_of_state_counts_the_version_on,
                an_active_or_attached_certificate_stays,
                force_detaches_policies_and_nothing_else,
                certificates_are_listed_by_creation_in_both_orders,
                a_ca_is_registered_once_and_found_by_its_subject,
                an_eleventh_ca_of_one_subject_is_refused,
                an_active_ca_stays,
                the_registration_code_is_made_once,
            }
            inline_policy {
                an_inline_policy_is_written_replaced_and_deleted,
                inline_policies_share_one_quota_and_white_space_is_free,
                inline_policies_of_an_absent_entity_are_not_found,
            }
            iot_policy {
                an_iot_policy_is_made_once_and_deleted_when_detached,
                attaching_and_detaching_again_is_success,
                absent_policies_and_certificates_are_refused,
                an_eleventh_policy_on_a_certificate_is_refused,
                policies_and_targets_are_listed_in_pages,
            }
            isolation {
                an_account_reads_nothing_of_another,
                an_account_looks_up_nothing_of_another,
                an_account_lists_nothing_of_another,
                an_account_changes_no_thing_or_certificate_of_another,
                an_account_changes_no_role_user_or_policy_of_another,
                accounts_are_listed_oldest_first_and_made_once,
            }
            key_ring {
                ring_keys_are_kept_by_id,
            }
            lookup {
                a_lookup_sees_a_write_as_soon_as_it_returns,
                a_device_comes_with_its_policies_by_name,
                a_thing_is_found_only_while_it_is_attached,
                a_role_comes_with_inline_and_managed_policies_in_force,
                a_boundary_is_read_with_its_role,
                an_access_key_comes_with_its_user_and_policies,
                absent_rows_are_none,
            }
            managed_policy {
                a_managed_policy_is_made_once_whatever_the_case,
                a_policy_in_use_stays,
                attaching_counts_and_detaching_what_is_not_attached_is_not_found,
                an_eleventh_managed_policy_is_refused,
                policies_of_aws_are_attached_by_all_and_changed_by_none,
                listings_filter_by_owner_path_and_attachment,
                entities_are_listed_roles_first,
            }
            policy_version {
                version_numbers_are_never_given_twice,
                a_sixth_version_is_refused,
                the_default_version_stays,
            }
            principal {
                attaching_and_detaching_again_is_success,
                an_exclusive_certificate_has_one_thing,
                an_attachment_becomes_exclusive_only_alone,
                absent_things_and_certificates_are_refused,
                principals_and_things_are_listed_in_pages,
            }
            role {
                a_role_is_made_once_whatever_the_case,
                a_role_changes_only_in_what_is_given,
                a_role_with_policies_stays,
                a_deleted_user_or_role_is_trusted_no_more_under_its_name,
                a_role_made_again_has_none_of_the_old_ones_policies,
                a_boundary_must_be_there,
                roles_are_listed_by_name_and_path,
            }
            role_alias {
                an_alias_is_made_once_changed_and_deleted,
                aliases_are_bounded,
                aliases_are_listed_in_both_orders,
            }
            thing {
                creating_the_same_thing_again_gives_the_one_that_stands,
                a_thing_of_an_absent_type_is_not_found,
                an_update_is_one_version_on_and_expects_its_version,
                deleting_an_absent_thing_is_success,
                an_attached_thing_stays,
                things_are_filtered_by_attribute_and_type,
                things_are_listed_in_both_orders,
                a_thing_type_is_made_once,
            }
            write {
                a_refused_write_leaves_no_row_and_no_entry,
                a_write_that_changes_nothing_leaves_the_revision,
                each_change_moves_the_revision,
                concurrent_writers_all_succeed,
                an_abandoned_write_harms_no_later_one,
            }
        }
    };
    ($make:path, $($noun:ident { $($test:ident),* $(,)? })*) => {
        $(mod $noun {
            $(
                #[tokio::test]
                async fn $test() {
                    let made = $make().await;
                    $crate::suite::$noun::$test(&made.store).await;
                }
            )*
        })*
    };
}
pub(crate) use store_suite;

/// Walks a listing from its first page to its last, `limit` rows at a time.
pub(crate) async fn walk<T, F: Future<Output = Result<Page<T>, Error>>>(
    limit: u32,
    ascending: bool,
    list: impl Fn(PageRequest) -> F,
) -> Vec<T> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let request = PageRequest::new(limit, token.as_deref(), ascending).unwrap();
        let page = list(request).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        token = page.token();
        all.extend(page.items);
        if token.is_none() {
            return all;
        }
    }
}

/// The whole listing, ascending.
pub(crate) fn everything() -> PageRequest {
    PageRequest::first(1000)
}

/// The number of changes that lookups know of.
pub(crate) fn revision(store: &dyn Store) -> u64 {
    thingpass_domain::lookup::Lookup::revision(store)
}
