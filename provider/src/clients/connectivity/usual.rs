//! How long it usually takes until a new connection is connected: before that nobody needs to ask.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many are asked for as if nothing were known.
const FEW: u32 = 2;
/// No longer than this is waited without asking.
const LONGEST: Duration = Duration::from_secs(10);

/// What was learned from the connections before.
#[derive(Debug, Default)]
pub struct Usual(Mutex<Learned>);

#[derive(Debug, Default)]
struct Learned {
    begun: u32,
    time: Option<Duration>,
}

impl Usual {
    /// How long to wait before a new connection is asked for; nothing as long as nobody knows.
    pub fn begin(&self) -> Option<Duration> {
        let mut learned = self.learned();
        learned.begun += 1;
        learned.time.filter(|_| learned.begun > FEW)
    }

    /// One that was asked for again and again was connected after so long.
    pub fn took(&self, time: Duration) {
        self.learned().time.get_or_insert(time.min(LONGEST));
    }

    /// The first look after so long has found it connected, or not. Of many at the same time no more is learned than of one: time is
    /// given back slowly, since a look in vain costs a request.
    pub fn waited(&self, time: Duration, is_enough: bool) {
        let mut learned = self.learned();
        let Some(known) = learned.time else { return };
        learned.time = Some(match is_enough {
            true => known.min(time - time / 64),
            false => known.max(time + time / 4).min(LONGEST),
        });
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_connecting_took_is_waited_for_and_what_was_too_long_is_given_back() {
        let (usual, ms) = (Usual::default(), Duration::from_millis);
        assert_eq!((usual.begin(), usual.begin(), usual.begin()), (None, None, None), "nothing is known");
        usual.took(ms(640));
        usual.took(ms(9000));
        assert_eq!(usual.begin(), Some(ms(640)));
        (0..10).for_each(|_| usual.waited(ms(640), true));
        assert_eq!(usual.begin(), Some(ms(630)));
        (0..10).for_each(|_| usual.waited(ms(400), false));
        assert_eq!(usual.begin(), Some(ms(630)), "another one has waited longer by now");
        usual.waited(ms(800), false);
        assert_eq!(usual.begin(), Some(ms(1000)));
        usual.waited(ms(9000), false);
        assert_eq!(usual.begin(), Some(LONGEST));
        let few = Usual::default();
        few.took(ms(1));
        assert_eq!((few.begin(), few.begin(), few.begin()), (None, None, Some(ms(1))));
    }
}
