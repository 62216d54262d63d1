//! `strftime` of a moment in seconds since 1970, as the C library writes it where nobody chose a language.

use super::refuse;
use minijinja::Error;

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

struct Moment {
    year: i64,
    /// 1 to 12, and 1 to 31.
    month: i64,
    day: i64,
    /// From 0 on: days since Sunday, days since New Year, seconds since midnight.
    weekday: i64,
    yearday: i64,
    clock: i64,
}

enum Written {
    Text(String),
    /// A number, its width, and what fills it up.
    Number(i64, usize, char),
    /// Other fields.
    As(&'static str),
}
use Written::{As, Number, Text};

pub fn date(format: &str, seconds: i64) -> Result<String, Error> {
    Moment::of(seconds).write(format)
}

impl Moment {
    fn of(seconds: i64) -> Moment {
        let days = seconds.div_euclid(86_400);
        let (year, month, day) = civil(days);
        let yearday = days - since_1970(year, 1, 1);
        Moment { year, month, day, weekday: (days + 4).rem_euclid(7), yearday, clock: seconds.rem_euclid(86_400) }
    }

    fn write(&self, format: &str) -> Result<String, Error> {
        let mut out = String::new();
        let mut letters = format.chars();
        while let Some(c) = letters.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let mut field = letters.next();
            // Filled with nothing, blanks or zeros, whatever the field has.
            let wish = field.filter(|c| "-_0".contains(*c));
            if wish.is_some() {
                field = letters.next();
            }
            let Some(written) = field.and_then(|field| self.field(field)) else {
                return Err(refuse(format!("strftime_now does not know the field %{}", field.unwrap_or(' '))));
            };
            match (written, wish) {
                (Text(text), _) => out += &text,
                (As(fields), _) => out += &self.write(fields)?,
                (Number(n, ..), Some('-')) => out += &n.to_string(),
                (Number(n, width, _), Some('_')) => out += &format!("{n:width$}"),
                (Number(n, width, ' '), None) => out += &format!("{n:width$}"),
                (Number(n, width, _), _) => out += &format!("{n:0width$}"),
            }
        }
        Ok(out)
    }

    fn field(&self, letter: char) -> Option<Written> {
        let text = |t: &str| Text(t.into());
        let two = |n: i64| Number(n, 2, '0');
        let (hour, weekday, month) = (self.clock / 3600, DAYS[self.weekday as usize], MONTHS[self.month as usize - 1]);
        let twelve = (hour + 11) % 12 + 1;
        let monday = (self.weekday + 6) % 7;
        Some(match letter {
            'Y' => Number(self.year, 0, '0'),
            'C' => two(self.year.div_euclid(100)),
            'y' => two(self.year.rem_euclid(100)),
            'm' => two(self.month),
            'B' => text(month),
            'b' | 'h' => text(&month[..3]),
            'd' => two(self.day),
            'e' => Number(self.day, 2, ' '),
            'j' => Number(self.yearday + 1, 3, '0'),
            'A' => text(weekday),
            'a' => text(&weekday[..3]),
            'u' => Number(monday + 1, 1, '0'),
            'w' => Number(self.weekday, 1, '0'),
            // Weeks from the first Sunday, or Monday, on.
            'U' => two((self.yearday + 7 - self.weekday) / 7),
            'W' => two((self.yearday + 7 - monday) / 7),
            'V' => two(self.week().1),
            'G' => Number(self.week().0, 0, '0'),
            'g' => two(self.week().0.rem_euclid(100)),
            'H' => two(hour),
            'k' => Number(hour, 2, ' '),
            'I' => two(twelve),
            'l' => Number(twelve, 2, ' '),
            'M' => two(self.clock / 60 % 60),
            'S' => two(self.clock % 60),
            'p' => text(if hour < 12 { "AM" } else { "PM" }),
            'P' => text(if hour < 12 { "am" } else { "pm" }),
            // The clock is the visitor's, and has no parts of a second.
            'f' => text("000000"),
            'F' => As("%Y-%m-%d"),
            'D' | 'x' => As("%m/%d/%y"),
            'T' | 'X' => As("%H:%M:%S"),
            'R' => As("%H:%M"),
            'r' => As("%I:%M:%S %p"),
            'c' => As("%a %b %e %H:%M:%S %Y"),
            // Python's moments without a place have no zone to write.
            'z' | 'Z' => text(""),
            'n' => text("\n"),
            't' => text("\t"),
            '%' => text("%"),
            _ => return None,
        })
    }

    /// Year and week of ISO 8601: a week is of the year that has its Thursday.
    fn week(&self) -> (i64, i64) {
        let thursday = since_1970(self.year, 1, 1) + self.yearday + 3 - (self.weekday + 6) % 7;
        let (year, ..) = civil(thursday);
        (year, (thursday - since_1970(year, 1, 1)) / 7 + 1)
    }
}

/// Year, month and day of a day since 1970 in the Gregorian calendar. Years are counted from March, so that the leap day
/// comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let of_month = day - (153 * month + 2) / 5 + 1;
    let january = month >= 10;
    (era * 400 + year + january as i64, month + if january { -9 } else { 3 }, of_month)
}

/// The other way round.
fn since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719_468
}
