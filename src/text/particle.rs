//! Korean particles by the final sound of the word before them, also for Latin words and digits.

/// A pair of forms: after a final consonant, after a vowel.
#[derive(Clone, Copy)]
pub enum Pair {
    /// 은/는
    #[cfg(test)]
    Topic,
    /// 이/가
    Subject,
    /// 을/를
    Object,
    /// 으로/로
    To,
}

/// The word with its particle: `파드가`, `Pod가`, `노드를`, `worker-1은`.
pub fn particle(word: &str, pair: Pair) -> String {
    let last = word.chars().rev().find(|sign| sign.is_ascii_alphanumeric() || !sign.is_ascii());
    let (closed, rieul) = last.map(final_sound).unwrap_or((false, false));
    let (after_consonant, after_vowel) = match pair {
        #[cfg(test)]
        Pair::Topic => ("은", "는"),
        Pair::Subject => ("이", "가"),
        Pair::Object => ("을", "를"),
        Pair::To => ("으로", "로"),
    };
    // ㄹ before 로 counts as a vowel: 터미널로.
    let closed = closed && !(matches!(pair, Pair::To) && rieul);
    format!("{word}{}", if closed { after_consonant } else { after_vowel })
}

/// Whether a sign ends in a consonant when it is read in Korean, and whether that is ㄹ.
fn final_sound(sign: char) -> (bool, bool) {
    match sign {
        '가'..='힣' => {
            let tail = (sign as u32 - '가' as u32) % 28;
            (tail != 0, tail == 8)
        }
        '0' | '3' | '6' => (true, false),
        '1' | '7' | '8' => (true, true),
        'l' | 'L' | 'r' | 'R' => (sign.eq_ignore_ascii_case(&'l'), sign.eq_ignore_ascii_case(&'l')),
        'm' | 'M' | 'n' | 'N' | 'g' | 'G' | 'k' | 'K' | 'b' | 'B' | 'p' | 'P' => (true, false),
        _ => (false, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_follow_the_final_sound() {
        assert_eq!(particle("파드", Pair::Subject), "파드가");
        assert_eq!(particle("디플로이먼트", Pair::Topic), "디플로이먼트는");
        assert_eq!(particle("그림", Pair::Object), "그림을");
        assert_eq!(particle("터미널", Pair::To), "터미널로");
        assert_eq!(particle("그림", Pair::To), "그림으로");
        assert_eq!(particle("Pod", Pair::Subject), "Pod가");
        assert_eq!(particle("worker-1", Pair::Topic), "worker-1은");
        assert_eq!(particle("worker-2", Pair::Object), "worker-2를");
        assert_eq!(particle("kube-scheduler", Pair::Subject), "kube-scheduler가");
    }
}
