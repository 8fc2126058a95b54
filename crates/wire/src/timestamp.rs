//! Instants as each protocol spells them. All output is UTC; years 0 to 9999.

use serde_json::Number;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// restJson1 and awsJson1.0: seconds since 1970 as a number, with milliseconds as its fraction.
pub fn epoch_seconds(at: OffsetDateTime) -> Number {
    let (seconds, milliseconds) = (at.unix_timestamp(), at.millisecond());
    if milliseconds == 0 {
        return seconds.into();
    }
    #[allow(
        clippy::cast_precision_loss,
        reason = "a date of this era has eleven digits, far below the 53 bits of the mantissa"
    )]
    let fraction = seconds as f64 + f64::from(milliseconds) / 1000.0;
    Number::from_f64(fraction).unwrap_or_else(|| seconds.into())
}

/// awsQuery, and `expiration` of device credentials: `2018-01-18T08:40:03Z`, always 20 characters
/// (embedded clients measure it), so fractions are cut off.
pub fn iso_8601(at: OffsetDateTime) -> String {
    spelt(at, "-", ":")
}

/// Reads [`iso_8601`]'s form and no other.
pub fn parse_iso_8601(text: &str) -> Option<OffsetDateTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = digits::<3>(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = digits::<3>(time, ':', [2, 2, 2])?;
    instant(
        year,
        Month::try_from(u8::try_from(month).ok()?).ok()?,
        [day, hour, minute, second],
    )
}

/// The `Date` header: `Thu, 18 Jan 2018 08:40:03 GMT` (RFC 1123).
pub fn http_date(at: OffsetDateTime) -> String {
    let at = utc(at);
    let (day_name, month_name) = (at.weekday().to_string(), at.month().to_string());
    let (hour, minute, second) = at.to_hms();
    format!(
        "{day_name:.3}, {:02} {month_name:.3} {:04} {hour:02}:{minute:02}:{second:02} GMT",
        at.day(),
        at.year()
    )
}

/// Reads [`http_date`]'s form; the name of the day is not compared with the date.
pub fn parse_http_date(text: &str) -> Option<OffsetDateTime> {
    let (_, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let (day, month) = (words.next()?, words.next()?);
    let (year, time) = (words.next()?, words.next()?);
    if words.next()? != "GMT" || words.next().is_some() {
        return None;
    }
    let month = (1..=12)
        .filter_map(|number| Month::try_from(number).ok())
        .find(|candidate| format!("{:.3}", candidate.to_string()) == month)?;
    let [day] = digits::<1>(day, '\0', [2])?;
    let [year] = digits::<1>(year, '\0', [4])?;
    let [hour, minute, second] = digits::<3>(time, ':', [2, 2, 2])?;
    instant(year, month, [day, hour, minute, second])
}

/// `X-Amz-Date`: `20150830T123600Z` (ISO 8601 basic format), always 16 characters.
pub fn amz_basic(at: OffsetDateTime) -> String {
    spelt(at, "", "")
}

/// Reads [`amz_basic`]'s form and no other, so that formatting gives the same characters again.
pub fn parse_amz_basic(text: &str) -> Option<OffsetDateTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [date] = digits::<1>(date, '\0', [8])?;
    let [time] = digits::<1>(time, '\0', [6])?;
    let month = Month::try_from(u8::try_from(date / 100 % 100).ok()?).ok()?;
    let clock = [date % 100, time / 10_000, time / 100 % 100, time % 100];
    instant(date / 10_000, month, clock)
}

/// Date and time with what stands between their parts. By hand, for every request makes some.
fn spelt(at: OffsetDateTime, in_date: &str, in_time: &str) -> String {
    let at = utc(at);
    let (year, month) = (at.year().unsigned_abs(), u32::from(u8::from(at.month())));
    let (hour, minute, second) = at.to_hms();
    let mut text = String::with_capacity(20);
    let mut put = |number: u32, after: &str| {
        for digit in [number / 10 % 10, number % 10] {
            text.extend(char::from_digit(digit, 10));
        }
        text.push_str(after);
    };
    put(year / 100, "");
    put(year, in_date);
    put(month, in_date);
    put(at.day().into(), "T");
    put(hour.into(), in_time);
    put(minute.into(), in_time);
    put(second.into(), "Z");
    text
}

fn utc(at: OffsetDateTime) -> OffsetDateTime {
    at.checked_to_offset(UtcOffset::UTC).unwrap_or(at)
}

fn instant(year: u32, month: Month, clock: [u32; 4]) -> Option<OffsetDateTime> {
    let [day, hour, minute, second] = clock.map(|part| u8::try_from(part).unwrap_or(u8::MAX));
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, day).ok()?;
    Some(
        date.with_time(Time::from_hms(hour, minute, second).ok()?)
            .assume_utc(),
    )
}

/// `N` numbers of exactly the given widths between separators.
fn digits<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const AT: OffsetDateTime = datetime!(2018-01-08 08:40:03 UTC);

    #[test]
    fn each_protocol_has_its_spelling() {
        assert_eq!(epoch_seconds(AT).to_string(), "1515400803");
        assert_eq!(
            epoch_seconds(AT.replace_millisecond(250).unwrap()).to_string(),
            "1515400803.25"
        );
        assert_eq!(iso_8601(AT), "2018-01-08T08:40:03Z");
        assert_eq!(http_date(AT), "Mon, 08 Jan 2018 08:40:03 GMT");
        assert_eq!(amz_basic(AT), "20180108T084003Z");
    }

    #[test]
    fn output_is_in_utc_and_fractions_are_cut_off() {
        let elsewhere = datetime!(2018-01-08 10:40:03.999 +02:00);
        assert_eq!(iso_8601(elsewhere), "2018-01-08T08:40:03Z");
        assert_eq!(amz_basic(elsewhere), "20180108T084003Z");
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(parse_iso_8601(&iso_8601(AT)), Some(AT));
        assert_eq!(parse_http_date(&http_date(AT)), Some(AT));
        assert_eq!(parse_amz_basic(&amz_basic(AT)), Some(AT));
    }

    #[test]
    fn other_spellings_are_refused() {
        for bad in [
            "",
            "20180108T084003",
            "20180108T0840030Z",
            "20181308T084003Z",
            "20180108T244003Z",
            "+2018108T084003Z",
            "20180100T084003Z",
            "2018-01-08T08:40:03Z",
            "20180230T000000Z",
        ] {
            assert_eq!(parse_amz_basic(bad), None, "{bad}");
        }
        for bad in [
            "2018-01-08T08:40:03+00:00",
            "2018-01-08T08:40:03.0Z",
            "18-01-08T08:40:03Z",
            "Z",
        ] {
            assert_eq!(parse_iso_8601(bad), None, "{bad}");
        }
        for bad in [
            "Mon, 8 Jan 2018 08:40:03 GMT",
            "Mon, 08 Jän 2018 08:40:03 GMT",
            "Mon, 08 Jan 2018 08:40:03 UTC",
            "Mon, 08 Jan 2018 08:40:03 GMT x",
        ] {
            assert_eq!(parse_http_date(bad), None, "{bad}");
        }
    }
}
