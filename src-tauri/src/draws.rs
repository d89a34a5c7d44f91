//! Stops the event loop of the window from keeping a note of each frame that GTK draws. It puts one into a queue without a bound
//! at every `draw` and takes one out only when something else wakes it, so a window that shows a live run grew by 3 MB an hour
//! (tauri-apps/tao#1335). Nobody here asks when a frame was drawn.

#![expect(unsafe_code, reason = "GLib's search for the handlers of a signal has no safe form")]

use std::ptr::null_mut;

use gtk::glib::subclass::signal::SignalId;
use gtk::glib::translate::{FromGlib as _, IntoGlib as _};
use gtk::glib::{Propagation, SignalHandlerId, gobject_ffi};
use gtk::prelude::*;

/// Ends the handlers once they are there, which is before the first frame.
pub fn keep_no_notes(window: &gtk::ApplicationWindow) {
    window.connect_draw(|window, _| {
        let ended = std::iter::from_fn(|| handler(window)).map(|one| window.disconnect(one)).count();
        // Ours alone: those of the event loop are still to come.
        if ended == 1 {
            keep_no_notes(window);
        }
        Propagation::Proceed
    });
}

/// A handler of `draw` that the window has, itself and not its children.
fn handler(window: &gtk::ApplicationWindow) -> Option<SignalHandlerId> {
    let draw = SignalId::lookup("draw", gtk::Widget::static_type())?;
    let object = window.upcast_ref::<gtk::glib::Object>().as_ptr();
    // SAFETY: the object lives while it is borrowed; asked by the signal alone, GLib reads none of the null pointers. What is
    // not 0 is the id of a handler that is connected.
    unsafe {
        let mask = gobject_ffi::G_SIGNAL_MATCH_ID;
        let id = gobject_ffi::g_signal_handler_find(
            object,
            mask,
            draw.into_glib(),
            0,
            null_mut(),
            null_mut(),
            null_mut(),
        );
        (id != 0).then(|| SignalHandlerId::from_glib(id))
    }
}
