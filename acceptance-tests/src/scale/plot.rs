//! The plots: requests and seconds over objects, of a plan without change and of a creation. The same figures make the same picture.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::bounds::waiting;
use super::figures::{Figures, Step, Work};

/// One request for each object: what is asked at least by whoever asks for each by itself, and how long that alone takes.
const ONE_BY_ONE: &str = "one request an object";
/// The plots have this much room above their lines, for the names of these.
const ROOM: f64 = 8.0;

/// A line: its name, and for each number of objects a value.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

/// Requests over objects, as SVG.
///
/// # Errors
/// A picture that cannot be drawn.
pub fn requests(figures: &Figures) -> Result<String, String> {
    picture(figures, "requests", |step| step.requests.total() as f64, |objects| objects as f64)
}

/// Seconds over objects, as SVG.
///
/// # Errors
/// As [`requests`].
pub fn seconds(figures: &Figures) -> Result<String, String> {
    picture(figures, "seconds", |step| step.seconds, waiting)
}

fn picture(
    figures: &Figures,
    unit: &str,
    value: fn(&Step) -> f64,
    one_by_one: fn(usize) -> f64,
) -> Result<String, String> {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (960, 400)).into_drawing_area();
        root.fill(&WHITE).map_err(|error| error.to_string())?;
        let works = [(Work::Plan, "A plan without change"), (Work::Create, "Create, plan included")];
        for ((work, title), panel) in works.into_iter().zip(root.split_evenly((1, 2))) {
            panel_of(&panel, title, unit, &lines(figures, work, value, one_by_one))
                .map_err(|error| error.to_string())?;
        }
        root.present().map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// A line for each contender that has something to show, and one for what asks object by object.
fn lines(figures: &Figures, work: Work, value: fn(&Step) -> f64, one_by_one: fn(usize) -> f64) -> Vec<Line> {
    let mut lines: Vec<Line> = figures
        .contenders()
        .into_iter()
        .map(|name| {
            let runs = figures.usual(name).into_iter();
            let points = runs.filter_map(|run| Some((run.fleet.objects() as f64, value(run.step(work)?))));
            // Nothing has no place where each step is ten times the last.
            Line { name: name.to_owned(), points: points.filter(|(_, value)| *value > 0.0).collect() }
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    let mut objects: Vec<usize> = figures.runs.iter().map(|run| run.fleet.objects()).collect();
    objects.sort_unstable();
    objects.dedup();
    let points = objects.into_iter().map(|objects| (objects as f64, one_by_one(objects))).collect();
    lines.push(Line { name: ONE_BY_ONE.to_owned(), points });
    lines
}

fn panel_of(
    panel: &DrawingArea<SVGBackend<'_>, Shift>,
    title: &str,
    unit: &str,
    lines: &[Line],
) -> Result<(), Box<dyn std::error::Error>> {
    let all = || lines.iter().flat_map(|line| line.points.iter());
    let (across, up) = (decades(all().map(|point| point.0)), decades(all().map(|point| point.1)));
    let mut chart = ChartBuilder::on(panel)
        .caption(title, ("sans-serif", 17))
        .margin(14)
        .x_label_area_size(38)
        .y_label_area_size(58)
        .build_cartesian_2d((across.0..across.1).log_scale(), (up.0..up.1 * ROOM).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("objects")
        .y_desc(unit)
        .x_label_formatter(&|value| plain(*value))
        .y_label_formatter(&|value| plain(*value))
        .light_line_style(RGBColor(240, 240, 240))
        .bold_line_style(RGBColor(214, 214, 214))
        .draw()?;
    for (number, line) in lines.iter().enumerate() {
        let colour = if line.name == ONE_BY_ONE { RGBColor(140, 140, 140) } else { colour(number) };
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), colour.stroke_width(2)).point_size(3))?
            .label(line.name.as_str())
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.9))
        .border_style(RGBColor(214, 214, 214))
        .draw()?;
    Ok(())
}

/// Colours that are told apart by those too who see fewer.
fn colour(number: usize) -> RGBColor {
    const COLOURS: [RGBColor; 5] = [
        RGBColor(0, 114, 178),
        RGBColor(213, 94, 0),
        RGBColor(0, 158, 115),
        RGBColor(204, 121, 167),
        RGBColor(230, 159, 0),
    ];
    COLOURS[number % COLOURS.len()]
}

/// The powers of ten around the values, one apart at least.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for value in values.filter(|value| *value > 0.0) {
        (least, most) = (least.min(value), most.max(value));
    }
    if most == 0.0 {
        return (1.0, 10.0);
    }
    let (low, high) = (least.log10().floor(), most.log10().ceil());
    (10_f64.powf(low), 10_f64.powf(high.max(low + 1.0)))
}

/// A number without the noise of its computation: `0.1`, `10`, `10000`.
fn plain(value: f64) -> String {
    let digits = if value < 1.0 { (-value.log10()).ceil().max(0.0) as usize } else { 0 };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::contender::{MEMORY, PROVIDER};
    use crate::scale::figures::samples::{run, step};

    #[test]
    fn the_scale_is_powers_of_ten_around_what_there_is() {
        let check = |values: &[f64], expected: (f64, f64)| {
            let (low, high) = decades(values.iter().copied());
            assert!((low - expected.0).abs() < 1e-9 && (high - expected.1).abs() < 1e-6, "{low} {high}");
        };
        check(&[30.0, 10_200.0], (10.0, 100_000.0));
        check(&[0.15, 7.0], (0.1, 10.0));
        check(&[10.0], (10.0, 100.0));
        check(&[0.0], (1.0, 10.0));
        assert_eq!([0.01, 0.1, 1.0, 10_000.0].map(plain), ["0.01", "0.1", "1", "10000"]);
    }

    fn figures() -> Figures {
        let plan = |requests, seconds| vec![step(Work::Plan, requests, seconds, 0.1)];
        Figures {
            runs: vec![
                run(PROVIDER, 100, plan(15, 4.0)),
                run(MEMORY, 100, plan(0, 3.0)),
                run(PROVIDER, 10, plan(14, 0.5)),
            ],
            ..Figures::default()
        }
    }

    #[test]
    fn a_line_goes_from_few_objects_to_many_and_none_is_drawn_of_nothing() {
        let lines = lines(&figures(), Work::Plan, |step| step.requests.total() as f64, |objects| objects as f64);
        let line = |name: &str, points: &[(f64, f64)]| Line { name: name.to_owned(), points: points.to_vec() };
        let one_by_one = line(ONE_BY_ONE, &[(30.0, 30.0), (300.0, 300.0)]);
        assert_eq!(lines, [line(PROVIDER, &[(30.0, 14.0), (300.0, 15.0)]), one_by_one]);
    }

    #[test]
    fn the_same_figures_make_the_same_picture() {
        let picture = seconds(&figures()).unwrap();
        assert_eq!(picture, seconds(&figures()).unwrap());
        for said in ["A plan without change", "seconds", "objects", PROVIDER, MEMORY, ONE_BY_ONE] {
            assert!(picture.contains(said), "{said} is not in the picture");
        }
        assert!(requests(&Figures::default()).is_ok(), "nothing is a picture too");
    }
}
