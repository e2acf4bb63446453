//! The scene as one component: asks for the moment once per frame, and measures its own room.

use super::drag::Drag;
use super::effects;
use super::figures::Figures;
use super::motion::Canvas;
use super::scene::Scene;
use crate::engine::Name;
use crate::flow::inspect::Region;
use crate::flow::layout::{Layout, Zoom};
use crate::flow::scene::{SceneModel, Selection};
use crate::flow::trouble::Badge;
use crate::flow::{Effect, Flashes, Moment};
use crate::map::Map;
use crate::ui::browser::frames::{self, Next};
use crate::ui::browser::page_millis;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlCanvasElement, HtmlElement, ResizeObserver};
use yew::prelude::*;

/// Where moments come from: asked once per animation frame, must not block. Nothing when this frame is not drawn.
#[derive(Clone)]
pub struct FrameSource(pub Rc<dyn Fn() -> Option<Moment>>);

impl PartialEq for FrameSource {
    fn eq(&self, other: &FrameSource) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct SceneViewProps {
    pub source: FrameSource,
    #[prop_or_default]
    pub selected: Option<Selection>,
    /// What a figure elsewhere counts.
    #[prop_or_default]
    pub lit: Option<Region>,
    #[prop_or_default]
    pub on_select: Callback<Selection>,
    #[prop_or_default]
    pub zoom: Zoom,
    /// The stream that is looked at alone.
    #[prop_or_default]
    pub focus: Option<Name>,
    /// The system track is open.
    #[prop_or_default]
    pub system_open: bool,
    /// Opens and closes it.
    #[prop_or_default]
    pub on_system: Callback<()>,
    /// A badge was asked what it counts.
    #[prop_or_default]
    pub on_badge: Callback<Badge>,
}

/// A model with its places.
#[derive(Clone)]
pub struct Placed {
    pub model: Rc<SceneModel>,
    pub layout: Rc<Layout>,
}

impl PartialEq for Placed {
    fn eq(&self, other: &Placed) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && Rc::ptr_eq(&self.layout, &other.layout)
    }
}

/// The living picture. Fills its parent's width and is as high as it has to be.
#[component]
pub fn SceneView(props: &SceneViewProps) -> Html {
    let (room, canvas) = (use_node_ref(), use_node_ref());
    let placed = use_state_eq(|| None::<Placed>);
    let news = use_memo((), |()| RefCell::new(Vec::new()));
    let flashes = use_memo((), |()| RefCell::new(Flashes::default()));
    let figures = use_memo((), |()| RefCell::new(Figures::default()));
    let scrolled = use_state_eq(Map::<Name, u64>::new);
    let on_scroll = use_callback(scrolled.clone(), |(stream, begin): (Name, u64), scrolled| {
        let mut next = (**scrolled).clone();
        next.insert(stream, begin);
        scrolled.set(next);
    });
    {
        let (room, canvas, set, news) = (room.clone(), canvas.clone(), placed.setter(), news.clone());
        let (flashes, figures) = (flashes.clone(), figures.clone());
        let what = (props.source.clone(), props.zoom, props.focus.clone(), props.system_open, (*scrolled).clone());
        use_effect_with(what, move |(source, zoom, focus, system_open, scrolled)| {
            let drawing = Rc::new(RefCell::new(Drawing {
                source: source.clone(),
                room,
                canvas,
                set,
                news,
                moves: None,
                is_late: None,
                zoom: *zoom,
                focus: focus.clone(),
                system_open: *system_open,
                scrolled: scrolled.clone(),
                last: None,
                paint: None,
                flashes,
                figures,
            }));
            let seen = drawing.clone();
            let running = frames::each(move |_| drawing.borrow_mut().draw());
            let watching = Watching::begin(seen);
            move || drop((running, watching))
        });
    }
    {
        // When everything stands in the page that has just become true.
        let (room, flashes, figures) = (room.clone(), flashes.clone(), figures.clone());
        use_effect_with((*placed).clone(), move |placed| {
            let news = news.take();
            if let (Some(room), Some(placed @ Placed { model, layout })) = (room.cast::<HtmlElement>(), placed) {
                figures.borrow_mut().drew(&room, placed);
                let calm = flashes.borrow_mut().calm(model, layout, news, wall());
                effects::begin(&room, model, layout, &calm);
            }
        });
    }
    let on_still = use_memo((), |()| effects::ended());
    let drag = use_mut_ref(|| None::<Drag>);
    let on_touch = {
        let (drag, placed) = (drag.clone(), placed.clone());
        Callback::from(move |event: PointerEvent| {
            *drag.borrow_mut() = placed.as_ref().and_then(|placed| Drag::begin(&event, placed));
        })
    };
    let on_move = {
        let (drag, placed, room, on_scroll) = (drag.clone(), placed.clone(), room.clone(), on_scroll.clone());
        Callback::from(move |event: PointerEvent| {
            if let (Some(drag), Some(placed), Some(room)) = (&mut *drag.borrow_mut(), &*placed, room.cast()) {
                drag.go_on(&event, &room, placed, &on_scroll);
            }
        })
    };
    let on_focus = {
        let figures = figures.clone();
        Callback::from(move |event: FocusEvent| {
            if let Some(element) = event.target_dyn_into::<web_sys::Element>() {
                figures.borrow_mut().focused(&element);
            }
        })
    };
    let on_leave = Callback::from(move |_: PointerEvent| *drag.borrow_mut() = None);
    let scene = placed.as_ref().map(|placed| {
        html! {
            <Scene model={placed.model.clone()} layout={placed.layout.clone()} selected={props.selected.clone()}
                lit={props.lit.clone()} on_select={props.on_select.clone()} on_system={props.on_system.clone()} on_badge={props.on_badge.clone()} on_scroll={on_scroll.clone()} />
        }
    });
    html! {
        <div class="scene-view" ref={room} onanimationend={(*on_still).clone()} onfocusin={on_focus}
            onpointerdown={on_touch} onpointermove={on_move} onpointerup={on_leave.clone()} onpointercancel={on_leave}>
            <div class="scene-still">{ for scene }</div>
            <canvas class="scene-motion" ref={canvas} aria-hidden="true"></canvas>
        </div>
    }
}

/// What is done with each frame.
struct Drawing {
    source: FrameSource,
    room: NodeRef,
    canvas: NodeRef,
    set: UseStateSetter<Option<Placed>>,
    /// What the next picture shows by moving.
    news: Rc<RefCell<Vec<Effect>>>,
    /// As the page was told last.
    moves: Option<bool>,
    /// Whether more has happened than the picture tells, as the page was told last.
    is_late: Option<bool>,
    zoom: Zoom,
    focus: Option<Name>,
    system_open: bool,
    /// Where strips begin that were moved sideways.
    scrolled: Map<Name, u64>,
    last: Option<Seen>,
    paint: Option<Canvas>,
    flashes: Rc<RefCell<Flashes>>,
    figures: Rc<RefCell<Figures>>,
}

/// The time on the wall, since the page began.
fn wall() -> Duration {
    Duration::from_secs_f64((page_millis() / 1e3).max(0.0))
}

/// A picture that gets room is drawn at once, before anybody sees the page without it; one of another size soon.
struct Watching {
    observer: Option<ResizeObserver>,
    _callback: Closure<dyn FnMut()>,
}

impl Watching {
    fn begin(drawing: Rc<RefCell<Drawing>>) -> Watching {
        let window = drawing.borrow().room.cast::<HtmlElement>().and_then(|room| room.parent_element());
        let callback = Closure::<dyn FnMut()>::new(move || {
            if let Ok(mut drawing) = drawing.try_borrow_mut()
                && drawing.last.is_none()
            {
                drawing.draw();
            }
            frames::wake();
        });
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(window)) = (&observer, window) {
            observer.observe(&window);
        }
        Watching { observer, _callback: callback }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

impl Drawing {
    /// Tells whether anything moves.
    fn draw(&mut self) -> Next {
        let Some(frame) = (self.source.0)() else {
            self.date(true);
            return Next::Later;
        };
        let Some(room) = self.room.cast::<HtmlElement>() else { return Next::Later };
        let width = f64::from(room.client_width());
        if width == 0.0 {
            return Next::Later;
        }
        // Its parent is the window it is scrolled in.
        let height = room.parent_element().map_or(0, |window| window.client_height());
        if self.moves.replace(frame.moves) != Some(frame.moves) {
            effects::hold(&room, frame.moves);
        }
        self.date(frame.is_late);
        self.news.borrow_mut().extend(frame.effects.iter().cloned());
        let (placed, size) = self.place(&frame, (width, f64::from(height)));
        let is_current = Rc::ptr_eq(&frame.figures, &frame.model);
        self.figures.borrow_mut().write(&room, &placed, if is_current { &placed.model } else { &frame.figures });
        if self.paint.is_none() {
            self.paint = self.canvas.cast::<HtmlCanvasElement>().and_then(Canvas::new);
        }
        match &mut self.paint {
            Some(canvas) => {
                canvas.draw(&frame, &placed.model, &placed.layout, size, (&mut self.flashes.borrow_mut(), wall()))
            }
            None => Next::Later,
        }
    }

    fn date(&mut self, is_late: bool) {
        let room = self.room.cast::<HtmlElement>().filter(|_| self.is_late != Some(is_late));
        if let Some(room) = room {
            effects::date(&room, is_late);
            self.is_late = Some(is_late);
        }
    }

    fn place(&mut self, frame: &Moment, room: (f64, f64)) -> (Placed, f64) {
        if let Some(last) = &self.last
            && Rc::ptr_eq(&last.model, &frame.model)
            && last.room == room
        {
            return (last.placed.clone(), last.size);
        }
        let model = match &self.focus {
            Some(stream) => Rc::new(frame.model.of_stream(stream)),
            None if self.system_open => Rc::new(SceneModel { system_open: true, ..(*frame.model).clone() }),
            None => frame.model.clone(),
        };
        let model = self.moved_sideways(model);
        let last = self.last.as_ref().map_or(1.0, |last| last.size);
        let (layout, size) = Layout::zoomed(&model, room, self.zoom, last);
        let placed = Placed { model, layout: Rc::new(layout) };
        self.set.set(Some(placed.clone()));
        self.last = Some(Seen { model: frame.model.clone(), room, placed: placed.clone(), size });
        (placed, size)
    }
}

impl Drawing {
    fn moved_sideways(&self, model: Rc<SceneModel>) -> Rc<SceneModel> {
        if model.streams.iter().all(|strip| !self.scrolled.contains_key(&strip.name)) {
            return model;
        }
        let mut model = (*model).clone();
        model.streams.iter_mut().for_each(|strip| strip.begins_at = self.scrolled.get(&strip.name).copied());
        Rc::new(model)
    }
}

/// What was placed last, for what and in which room.
struct Seen {
    model: Rc<SceneModel>,
    room: (f64, f64),
    placed: Placed,
    size: f64,
}
