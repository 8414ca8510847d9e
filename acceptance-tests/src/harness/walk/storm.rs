//! Weather over the next apply.

use sandbox::{Effect, Fault};

use super::model::Model;
use crate::world::World;

/// Lets weather strike some of the next requests, and tells which.
pub(super) fn take(model: &mut Model, world: &World, chance: &mut fastrand::Rng) -> Option<String> {
    let effect = match chance.u8(..6) {
        0 => Effect::Throttle(0),
        1 => Effect::ResetBefore,
        2 => Effect::ResetAfter,
        3 => Effect::Status(503, "ServiceUnavailable".to_owned(), "The service is down.".to_owned()),
        4 => Effect::Html(502),
        _ => Effect::NotJson,
    };
    let matching = *chance.choice(&["", ".dynamics.com", "/$batch", "/connectivity", ".vault.", "login."])?;
    let times = chance.u32(1..4);
    let told = format!("weather: {effect:?} {times} times for {matching:?}");
    let fault = Fault::next(matching, effect).times(times);
    world.weather(if chance.bool() { fault.method("GET") } else { fault });
    model.is_stormy = true;
    Some(told)
}
