//! Edits of the configuration.

use super::model::{Home, Model, Robot};
use crate::court::{CONNECTION, CREDENTIAL, REFERENCE};
use crate::world::World;

/// As many robots as a walk has at most.
const ROBOTS: usize = 6;

/// How edits are told that must change nothing.
pub(super) const SILENT: [&str; 4] = ["spell", "keep", "move", "shout"];

type Rng = fastrand::Rng;

/// Makes an edit that can be made, and tells what it was.
pub(super) fn take(model: &mut Model, world: &World, chance: &mut Rng, once: &mut String) -> Option<String> {
    if model.robots.is_empty() || (model.robots.len() < ROBOTS && chance.u8(..5) == 0) {
        return Some(add(model, chance));
    }
    if chance.u8(..8) == 0 && !model.forgotten.is_empty() {
        return import(model, world, chance, once);
    }
    if chance.u8(..20) == 0 {
        model.shouts = !model.shouts;
        return Some(shout(model, world));
    }
    let place = chance.usize(..model.robots.len());
    let is_old = world.addresses().contains(&model.address(&model.robots[place], REFERENCE));
    match chance.u8(..10) {
        0 if is_old => leave(model, world, place, chance, once),
        1 if is_old => taint(model, world, place, chance),
        2 if is_old => move_away(model, place, chance, once),
        _ => Some(change(model, place, chance)),
    }
}

fn add(model: &mut Model, chance: &mut Rng) -> String {
    let number = model.fresh();
    let home = match chance.u8(..4) {
        0 => Home::Each(format!("k{number}")),
        1 => Home::Counted,
        _ => Home::Alone(format!("r{number}")),
    };
    let is_alone = matches!(home, Home::Alone(_));
    let robot = Robot {
        number,
        schema: 1,
        certificate: chance.usize(1..=10),
        description: chance.bool().then_some(number),
        shown: 1,
        name: 1,
        user: (!is_alone || chance.u8(..4) > 0).then_some(1),
        is_connected: home == Home::Counted || chance.u8(..4) > 0,
        display: 1,
        is_in_warehouse: chance.bool(),
        run_owner: (is_alone && chance.u8(..4) == 0).then_some(1),
        creates_first: is_alone && chance.u8(..6) == 0,
        is_kept: false,
        ignored: None,
        spelling: if is_alone { chance.usize(..12) } else { 0 },
        home,
    };
    let told = format!("add {number} as {:?}", robot.home);
    model.robots.push(robot);
    told
}

/// Changes what is said of a robot.
fn change(model: &mut Model, place: usize, chance: &mut Rng) -> String {
    let fresh = model.fresh();
    let number = model.robots[place].number;
    let touched = model.touched.contains(&number);
    let is_first = model.changed.insert(number);
    let robot = &mut model.robots[place];
    let is_alone = matches!(robot.home, Home::Alone(_));
    let what = match chance.u8(..14) {
        0 => {
            robot.certificate = robot.certificate % 10 + 1;
            "certificate"
        }
        1 => {
            robot.description = chance.bool().then_some(fresh);
            "description"
        }
        2 => {
            robot.name = fresh;
            "name"
        }
        3 if robot.user.is_some() => {
            robot.user = Some(fresh);
            "user"
        }
        4 if robot.is_free() && !touched => {
            robot.schema = fresh;
            "schema name"
        }
        5 => {
            robot.is_in_warehouse = !robot.is_in_warehouse;
            "machine group"
        }
        // What the same apply imports has to be declared.
        6 if is_alone && !robot.is_kept && !touched => {
            robot.is_connected = !robot.is_connected;
            "connection comes or goes"
        }
        // Two that differ in nothing that is said of them are one: another name goes with it.
        7 if is_alone && !robot.is_kept => {
            robot.run_owner = if robot.run_owner.is_some() { None } else { Some(fresh) };
            robot.display = fresh;
            "run owner comes or goes"
        }
        8 if robot.run_owner.is_some() => {
            robot.run_owner = Some(fresh);
            "run owner's certificate"
        }
        9 if is_alone && !robot.is_kept && !touched => {
            robot.user = if robot.user.is_some() { None } else { Some(fresh) };
            "whose user name"
        }
        10 if is_alone => {
            robot.spelling = chance.usize(..12);
            return format!("spell {number} as {}", robot.spelling);
        }
        11 if is_alone && !touched && is_first => {
            // What the same apply replaces cannot be kept.
            robot.is_kept = !robot.is_kept;
            return format!("keep {number}: {}", robot.is_kept);
        }
        12 if is_alone && !touched && is_first => {
            // What is there, and not what the same apply would have changed, stays as it is from now on, or is put right.
            robot.ignored = if robot.ignored.is_some() { None } else { Some(robot.description) };
            "ignored description"
        }
        _ => {
            robot.shown = fresh;
            robot.display = fresh;
            "display names"
        }
    };
    format!("change {number}: {what}")
}

/// Removes a robot: destroys it, or lets Terraform forget it.
fn leave(model: &mut Model, world: &World, place: usize, chance: &mut Rng, once: &mut String) -> Option<String> {
    let robot = model.robots[place].clone();
    if robot.home == Home::Counted {
        // Only the last one can go without another taking its place.
        let last = model.robots.iter().rposition(|robot| robot.home == Home::Counted)?;
        let robot = model.robots.remove(last);
        return Some(format!("remove {}", robot.number));
    }
    let known = world.addresses();
    let addresses: Vec<(&'static str, String)> =
        [REFERENCE, CREDENTIAL, CONNECTION].map(|kind| (kind, model.address(&robot, kind))).into();
    let there: Vec<&(&'static str, String)> = addresses.iter().filter(|(_, address)| known.contains(address)).collect();
    let forgets = matches!(robot.home, Home::Alone(_))
        && chance.bool()
        && there.len() == robot.kinds().len()
        && !model.touched.contains(&robot.number)
        && !model.changed.contains(&robot.number)
        && once.is_empty();
    model.robots.remove(place);
    if !forgets {
        return Some(format!("remove {}", robot.number));
    }
    let mut ids = Vec::new();
    for (kind, address) in there {
        once.push_str(&format!("removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"));
        ids.push((*kind, world.attr(address, "id")));
        if *kind == CREDENTIAL {
            ids.push((REFERENCE, world.attr(address, "username_variable_id")));
        }
    }
    let told = format!("forget {}", robot.number);
    model.forgotten.push((robot, ids));
    Some(told)
}

/// Takes back what was forgotten, under another address, by id or by name.
fn import(model: &mut Model, world: &World, chance: &mut Rng, once: &mut String) -> Option<String> {
    let (mut robot, ids) = model.forgotten.pop()?;
    let by_name = chance.bool();
    let name = format!("again{}", model.fresh());
    for kind in robot.kinds() {
        let id = match *kind {
            _ if !by_name => ids.iter().find(|(known, _)| known == kind)?.1.clone(),
            REFERENCE => robot.schema_name(),
            CREDENTIAL => robot.credential_name(),
            _ => robot.display_name(),
        };
        let environment_id = &world.place().environment_id;
        once.push_str(&format!("import {{\n  to = {kind}.{name}\n  id = \"{environment_id}/{id}\"\n}}\n"));
    }
    robot.home = Home::Alone(name);
    robot.ignored = None;
    let told = format!("import {} {}", robot.number, if by_name { "by name" } else { "by id" });
    model.touched.insert(robot.number);
    model.robots.push(robot);
    Some(told)
}

fn taint(model: &mut Model, world: &World, place: usize, chance: &mut Rng) -> Option<String> {
    let robot = &model.robots[place];
    let kind = *chance.choice(robot.kinds())?;
    let address = model.address(robot, kind);
    if !robot.is_free() || model.touched.contains(&robot.number) || !world.addresses().contains(&address) {
        return None;
    }
    world.run(&["taint", &address]).expect_ok();
    let number = robot.number;
    model.touched.insert(number);
    Some(format!("taint {address}"))
}

/// Gives a robot another address.
fn move_away(model: &mut Model, place: usize, chance: &mut Rng, once: &mut String) -> Option<String> {
    let fresh = model.fresh();
    let robot = &model.robots[place];
    let home = match &robot.home {
        Home::Alone(_) if robot.is_plain() && chance.bool() => Home::Each(format!("m{fresh}")),
        Home::Alone(_) | Home::Each(_) => Home::Alone(format!("m{fresh}")),
        Home::Counted => return None,
    };
    let mut moved = robot.clone();
    if matches!(home, Home::Each(_)) {
        moved.spelling = 0;
    }
    moved.home = home;
    let known = format!("from = {REFERENCE}.");
    if once.contains(&known) || !model.touched.is_empty() {
        return None;
    }
    for kind in [REFERENCE, CREDENTIAL, CONNECTION] {
        let (from, to) = (model.address(robot, kind), model.address(&moved, kind));
        once.push_str(&format!("moved {{\n  from = {from}\n  to = {to}\n}}\n"));
    }
    let told = format!("move {} to {:?}", moved.number, moved.home);
    model.touched.insert(moved.number);
    model.robots[place] = moved;
    Some(told)
}

/// Spells the environment of the provider block in another way.
fn shout(model: &Model, world: &World) -> String {
    let spelt = if model.shouts { "upper(var.environment_id)" } else { "var.environment_id" };
    world.write_provider(&format!("environment_id = {spelt}"));
    format!("shout: {}", model.shouts)
}
