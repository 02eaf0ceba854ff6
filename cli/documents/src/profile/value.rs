//! How a number is spelled: exactly, mendably, or as something that is not one number at all.
//!
//! Footprints in use hold "12-15", "~12", "<15", "12 ± 1", "约12" and "TBD" where one verified value belongs.

use crate::json::{Node, Value};
use eco_core::decimal::Decimal;

/// What a value says where one number is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spelling {
    /// One number, spelled as the profile wants it.
    Exact(Decimal),
    /// One number without doubt, spelled otherwise: how it should read.
    Respell(String),
    /// A range, a bound, an estimate, a list, or a word: not one number.
    NotOneNumber,
    /// Neither: nothing that can be read as a number, nor as one of these.
    Malformed,
}

/// Words and signs that make an estimate, a bound or a range of a number.
const HEDGES: &[&str] = &[
    "~",
    "≈",
    "≃",
    "≅",
    "∼",
    "〜",
    "﹣",
    "‐",
    "≲",
    "≳",
    "<",
    ">",
    "≤",
    "≥",
    "±",
    "+/-",
    "+-",
    "..",
    "…",
    "–",
    "—",
    "−-",
    "to",
    "bis",
    "à",
    "and",
    "or",
    "ca",
    "circa",
    "approx",
    "about",
    "around",
    "roughly",
    "est",
    "max",
    "min",
    "up",
    "less",
    "more",
    "under",
    "over",
    "between",
    "range",
    "avg",
    "average",
    "mean",
    "typ",
    "约",
    "約",
    "左右",
    "至",
    "到",
    "以下",
    "以上",
    "小于",
    "大于",
    "范围",
    "平均",
    "大概",
    "大致",
    "接近",
    "上下",
    "以内",
    "低于",
    "高于",
    "最大",
    "最小",
    "最高",
    "最低",
    "估",
    "预计",
    "余",
    "程度",
    "から",
    "まで",
    "未満",
    "およそ",
    "ほぼ",
    "前後",
    "推定",
    "概算",
    "超",
    "약",
    "내외",
    "이하",
    "이상",
    "대략",
    "미만",
    "초과",
    "정도",
    "추정",
    "khoảng",
    "xấp xỉ",
    "dưới",
    "trên",
    "đến",
    "sekitar",
    "kira-kira",
    "hingga",
    "ประมาณ",
    "حوالي",
    "تقريبا",
];

/// Numerals of Chinese and Japanese, with their points.
const HAN_NUMERALS: &str = "〇零一二三四五六七八九十百千万萬億亿点點両两";

/// Classifies a value.
#[must_use]
pub fn spelling(node: &Node) -> Spelling {
    match &node.value {
        Value::Text(text) => match text.parse() {
            Ok(value) => Spelling::Exact(value),
            Err(_) => loose(text),
        },
        Value::List(_) | Value::Object(_) => Spelling::NotOneNumber,
        Value::Null | Value::Bool(_) => Spelling::Malformed,
    }
}

fn loose(text: &str) -> Spelling {
    let folded: String = text.chars().map(narrow).collect::<String>().trim().to_lowercase();
    if !folded.chars().any(|c| c.is_ascii_digit()) {
        // "四百零七" is one number, of no digits; "TBD", "n/a", "pending" and "" are none.
        let counts = !folded.is_empty() && folded.chars().all(|c| HAN_NUMERALS.contains(c));
        return if counts { Spelling::Malformed } else { Spelling::NotOneNumber };
    }
    if let Some(exact) = respelled(&folded) {
        return Spelling::Respell(exact);
    }
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect();
    let hedged = HEDGES.iter().any(|hedge| {
        if hedge.chars().all(|c| c.is_ascii_alphabetic()) { words.iter().any(|w| w.starts_with(hedge)) } else { folded.contains(hedge) }
    });
    let numbers =
        folded.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').filter(|n| n.contains(|c: char| c.is_ascii_digit())).count();
    if hedged || numbers > 1 { Spelling::NotOneNumber } else { Spelling::Malformed }
}

/// The zeros of decimal digits in use beside ASCII: Arabic, Persian, Devanagari, Bengali, Tamil, Thai, Lao, Burmese, Khmer.
const ZEROS: [u32; 9] = [0x0660, 0x06F0, 0x0966, 0x09E6, 0x0BE6, 0x0E50, 0x0ED0, 0x1040, 0x17E0];

/// Full-width forms, other minus signs and other decimal digits as ASCII.
fn narrow(found: char) -> char {
    let code = u32::from(found);
    match found {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(code - 0xFEE0).unwrap_or(found),
        '\u{3000}' | '\u{A0}' | '\u{202F}' | '\u{2007}' | '\u{2009}' => ' ',
        '\u{2212}' => '-',
        '\u{066B}' => '.',
        '\u{066C}' => ',',
        other => {
            let digit = ZEROS.iter().map(|zero| code.wrapping_sub(*zero)).find(|digit| *digit < 10);
            digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(other)
        }
    }
}

/// The exact spelling of a text that can only be one number: other digits, spaces around, signs, zeros in
/// front, thousands grouped by threes, an exponent.
fn respelled(text: &str) -> Option<String> {
    let plain = |text: &str| text.parse::<Decimal>().ok().map(|d| d.to_string());
    if let Some((mantissa, exponent)) = text.split_once('e') {
        let mantissa: Decimal = stripped(mantissa)?.parse().ok()?;
        let (down, digits) = exponent.strip_prefix('-').map_or((false, exponent.strip_prefix('+').unwrap_or(exponent)), |d| (true, d));
        let times = digits.parse::<u32>().ok().filter(|t| *t <= 30)?;
        let value = if down { mantissa.checked_shift_down(times) } else { mantissa.checked_shift_up(times) };
        return value.map(|v| v.to_string());
    }
    if let Some(text) = stripped(text)
        && let Some(exact) = plain(&text)
    {
        return Some(exact);
    }
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let groups: Vec<&str> = whole.split([',', ' ', '\'']).collect();
    let grouped = groups.len() > 1
        && groups.first().is_some_and(|g| (1..=3).contains(&g.len()))
        && groups.iter().skip(1).all(|g| g.len() == 3)
        && groups.iter().all(|g| g.bytes().all(|d| d.is_ascii_digit()));
    let joined = groups.concat() + &fraction.map(|f| format!(".{f}")).unwrap_or_default();
    // "1,234" alone may be a decimal comma: only a point, or two groups, make the comma a separator.
    let certain = grouped && (fraction.is_some() || groups.len() > 2 || !whole.contains(','));
    if certain { stripped(&joined).and_then(|t| plain(&t)) } else { None }
}

/// Without a plus, without needless zeros, with a digit before the point.
fn stripped(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.strip_prefix('+').unwrap_or(text)), |rest| ("-", rest));
    if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit() || c == b'.') {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let point = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    Some(format!("{sign}{}{point}", if whole.is_empty() { "0" } else { whole }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::text;

    fn of(value: &str) -> Spelling {
        spelling(&text(value))
    }

    /// An estimate that passes as a verified value is what the lane exists to keep out; an exact value
    /// called an estimate keeps honest goods out.
    #[test]
    fn every_spelling_found_in_the_wild_has_its_class() {
        let ranges = "大致12|接近12|12以内|高于12|最大12|ほぼ12|概算12|12 초과|12 정도|추정 12|dưới 12|trên 12|kira-kira 12|hingga 12|تقريبا 12|≳12|12﹣15|\
            12-15|12 - 15|12–15|12—15|12..15|12…15|12 to 15|12~15|12～15|１２－１５|~12|≈12|∼ 12|～12|<15|< 15|≤15|>3|≥3|＜15|12 ± 1|12±1|\
            12 +/- 1|12+-1|circa 12|ca. 12|c. 12-13|approx. 12|about 12|est. 12|estimated 12|max 15|up to 15|between 12 and 15|12 (estimated)|12, 15|\
            12/15|0x12|1e99|12;15|约12|約12|大约 12|12左右|12至15|12到15|15以下|약 12|khoảng 12|12から15|TBD|tbd|n/a|N/A|-||?|pending|待定|unknown|null|NaN|\
            min 3 max 5|〜12|12〜15|大概12|12上下|12余|12超|およそ12|12前後|12まで|推定12|대략 12|12 미만|xấp xỉ 12|sekitar 12|ประมาณ 12|حوالي ١٢|\
            低于12|12‐15|≲12|<12";
        for range in ranges.split('|') {
            assert_eq!(of(range), Spelling::NotOneNumber, "{range:?}");
        }
        let odd = "1,234.5=1234.5|1 234.5=1234.5|1,234,567=1234567|1'234=1234|1e3=1000|1E3=1000|4.074e2=407.4|5e-1=0.5|４０７．４=407.4|٤٠٧=407|٤٠٧٫٤=407.4|۴۰۷=407|४०७=407|๔๐๗=407|៤០៧=407|၄၀၇=407|\u{2007}12\n=12|\
            \u{3000}407.4 =407.4|+407.4=407.4|0407.4=407.4|.5=0.5|5.=5|\u{2212}3=-3";
        for (odd, exact) in odd.split('|').filter_map(|pair| pair.split_once('=')) {
            assert_eq!(of(odd), Spelling::Respell(exact.into()), "{odd:?}");
        }
        for bad in "407.4 kg|407,4|1,234|1.234,5|12%|1.2.3|四百零七|十二点五|0.1234567890123|1000000000000000000".split('|') {
            assert_eq!(of(bad), Spelling::Malformed, "{bad:?}");
        }
        assert!(matches!(of("407.4"), Spelling::Exact(_)));
        assert_eq!(spelling(&Node::new(Value::List(vec![text("12")]))), Spelling::NotOneNumber);
        assert_eq!(spelling(&crate::json::object([("min", Some(text("1")))])), Spelling::NotOneNumber);
        assert_eq!(spelling(&Node::new(Value::Null)), Spelling::Malformed);
    }
}
