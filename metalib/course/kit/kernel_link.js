// Whether Python can answer a widget.

/** @typedef {"live" | "busy" | "gone"} KernelState */

/**
 * anywidget's model is a stand-in without `comm_live`. JupyterLab's manager has the model itself; the two are known to
 * be the same by a trait that is the same object in both.
 * @param {import("./widget.js").Model} model
 */
function modelBehind(model) {
  const all = [...(model.widget_manager?._modelsSync?.values() ?? [])];
  return all.find((other) => other.get("data") === model.get("data"));
}

/**
 * live  Python answers at once
 * busy  Python is at work, or starts, or the connection is being made again: it answers later
 * gone  no kernel, or another one than the widget was made in: only running the cell again helps
 * `changed(state)` is called at each change, until `stop()`.
 * @param {import("./widget.js").Model} model @param {(state: KernelState) => void} changed
 */
export function kernelLink(model, changed) {
  const manager = model.widget_manager;
  const real = modelBehind(model);
  /** @returns {KernelState} */
  const now = () => {
    const kernel = manager?.kernel; // null after a shutdown; undefined on a page without Jupyter
    const comm = real?.comm?.jsServicesComm; // disposed by restart, crash and shutdown alike
    if (!kernel || !comm || comm.isDisposed || !real.comm_live) return "gone";
    if (kernel.status === "dead" || kernel.connectionStatus === "disconnected") return "gone";
    return kernel.status === "idle" && kernel.connectionStatus === "connected" ? "live" : "busy";
  };
  let last = now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = () => {
    const state = now();
    if (state !== last) changed((last = state));
  };
  // a restart is signalled before its comms are disposed, and each message makes a kernel busy for some milliseconds
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, now() === "busy" ? 300 : 0);
  };
  const source = manager?.context?.sessionContext ?? manager?.kernel; // a notebook's, or a console's
  const signals = ["statusChanged", "connectionStatusChanged", "kernelChanged"].map((name) => source?.[name]).filter(Boolean);
  for (const signal of signals) signal.connect(later);
  model.on("comm_live_update", later);
  return {
    state: now,
    /** Let Python know the state, where it can hear; other hosts than JupyterLab are asked without knowing. */
    save() {
      if (real && now() === "gone") return;
      try {
        model.save_changes();
      } catch (error) {
        console.warn("metalib: the widget's state could not be sent to Python", error);
      }
    },
    stop() {
      clearTimeout(timer);
      for (const signal of signals) signal.disconnect(later);
      model.off("comm_live_update", later);
    },
  };
}
