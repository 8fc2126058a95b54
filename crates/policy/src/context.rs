//! The request context: what is known about a request, by condition key.

use std::borrow::Cow;

use crate::iot;

/// The value of one condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextValue {
    /// The usual case: one value.
    Single(String),
    /// A multi-valued key such as `aws:TagKeys`. An empty list counts as an absent key.
    List(Vec<String>),
    /// The key matters to this request but its value could not be computed: it fails every `Allow` that
    /// depends on it and satisfies every `Deny` that does.
    Undetermined,
}

/// Condition keys and their values. Keys compare case-insensitively.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    // A request has some twenty keys: scanning a small vector beats hashing.
    // INVARIANT: keys are ASCII-lower-case and unique.
    entries: Vec<(Cow<'static, str>, ContextValue)>,
    // INVARIANT: ASCII-lower-case.
    undetermined_families: Vec<Cow<'static, str>>,
}

static UNDETERMINED: ContextValue = ContextValue::Undetermined;

impl Context {
    pub(crate) const EMPTY: Self = Self {
        entries: Vec::new(),
        undetermined_families: Vec::new(),
    };

    /// An empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a single-valued key, replacing what it had. A lower-case `&'static str` key costs no allocation.
    pub fn insert(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.set(key.into(), ContextValue::Single(value.into()));
    }

    /// Sets a multi-valued key, replacing what it had. Of the lists of certificate attributes
    /// (`iot:Certificate.*.List`) AWS IoT reads the first five items, and so do we.
    pub fn insert_list(&mut self, key: impl Into<Cow<'static, str>>, mut values: Vec<String>) {
        let key = lower_cased(key.into());
        if iot::is_certificate_key(&key) {
            values.truncate(iot::CERTIFICATE_LIST_ITEMS);
        }
        self.set(key, ContextValue::List(values));
    }

    /// Sets a key whose value matters but cannot be computed; see [`ContextValue::Undetermined`].
    pub fn insert_undetermined(&mut self, key: impl Into<Cow<'static, str>>) {
        self.set(key.into(), ContextValue::Undetermined);
    }

    /// Sets every key that `other` has, replacing what they had.
    pub fn extend(&mut self, other: &Self) {
        for (key, value) in &other.entries {
            self.set(key.clone(), value.clone());
        }
        self.undetermined_families
            .extend_from_slice(&other.undetermined_families);
    }

    /// Makes every key that begins with `prefix`, such as `aws:ResourceTag/`, undetermined unless it
    /// is set.
    pub fn insert_undetermined_family(&mut self, prefix: impl Into<Cow<'static, str>>) {
        self.undetermined_families.push(lower_cased(prefix.into()));
    }

    /// The value of a key, in any spelling of its case.
    pub fn get(&self, key: &str) -> Option<&ContextValue> {
        self.lookup(&key.to_ascii_lowercase())
    }

    /// All keys, in lower case, with their values, in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// The value of a key that is already in lower case.
    pub(crate) fn lookup(&self, lower_key: &str) -> Option<&ContextValue> {
        self.entries
            .iter()
            .find(|(name, _)| name == lower_key)
            .map(|(_, value)| value)
            .or_else(|| {
                let mut families = self.undetermined_families.iter();
                families
                    .any(|prefix| lower_key.starts_with(&**prefix))
                    .then_some(&UNDETERMINED)
            })
    }

    fn set(&mut self, key: Cow<'static, str>, value: ContextValue) {
        let key = lower_cased(key);
        match self.entries.iter_mut().find(|(name, _)| *name == key) {
            Some((_, slot)) => *slot = value,
            None => self.entries.push((key, value)),
        }
    }
}

fn lower_cased(key: Cow<'static, str>) -> Cow<'static, str> {
    if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(key.to_ascii_lowercase())
    } else {
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_case() {
        let mut context = Context::new();
        context.insert("aws:SourceIp", "192.0.2.1");
        assert_eq!(
            context.get("AWS:sourceip"),
            Some(&ContextValue::Single("192.0.2.1".into()))
        );
        assert_eq!(context.lookup("aws:sourceip"), context.get("aws:SourceIp"));
    }

    #[test]
    fn inserting_again_replaces_the_value() {
        let mut context = Context::new();
        context.insert("aws:userid", "a");
        context.insert_undetermined("aws:UserId");
        assert_eq!(
            context.iter().collect::<Vec<_>>(),
            [("aws:userid", &ContextValue::Undetermined)]
        );
    }

    #[test]
    fn what_another_context_has_replaces_and_adds() {
        let (mut context, mut other) = (Context::new(), Context::new());
        context.insert("aws:userid", "a");
        context.insert("aws:username", "n");
        other.insert("aws:userid", "b");
        other.insert_undetermined_family("aws:ResourceTag/");
        context.extend(&other);
        let single = |text: &str| ContextValue::Single(text.to_owned());
        assert_eq!(context.get("aws:userid"), Some(&single("b")));
        assert_eq!(context.get("aws:username"), Some(&single("n")));
        assert_eq!(
            context.get("aws:ResourceTag/team"),
            Some(&ContextValue::Undetermined)
        );
    }

    #[test]
    fn a_family_is_undetermined_but_for_what_is_set() {
        let mut context = Context::new();
        context.insert_undetermined_family("aws:ResourceTag/");
        context.insert("aws:ResourceTag/owner", "alice");
        assert_eq!(
            context.get("aws:resourcetag/Owner"),
            Some(&ContextValue::Single("alice".into()))
        );
        assert_eq!(
            context.get("aws:ResourceTag/team"),
            Some(&ContextValue::Undetermined)
        );
        assert_eq!(context.get("aws:ResourceTags"), None);
    }

    #[test]
    fn certificate_lists_keep_five_items_and_other_lists_all() {
        let six: Vec<String> = (0..6).map(|n| n.to_string()).collect();
        let mut context = Context::new();
        context.insert_list("iot:Certificate.Subject.CommonName.List", six.clone());
        context.insert_list("aws:TagKeys", six.clone());
        assert_eq!(
            context.get("iot:certificate.subject.commonname.list"),
            Some(&ContextValue::List(six[..5].to_vec()))
        );
        assert_eq!(context.get("aws:TagKeys"), Some(&ContextValue::List(six)));
    }
}
