const MARKS = { right: "✓ Right. ", wrong: "✗ Not quite. ", "": "" };

function render({ model, el }) {
  // the radio buttons of one view share a name that no other view on the page has
  const group = `metalib-question-${Math.random().toString(36).slice(2)}`;
  const draw = ({ text, options, chosen, verdict, feedback }) => [
    element(
      "fieldset",
      { class: "metalib-ask" },
      element("legend", {}, element("span", { class: "metalib-tag" }, "Predict"), text),
      options.map((answer, i) =>
        element(
          "label",
          { class: i === chosen ? `metalib-option metalib-${verdict}` : "metalib-option" },
          element("input", { type: "radio", name: group, value: i, checked: i === chosen }),
          element("span", {}, answer),
        ),
      ),
    ),
    element(
      "p",
      { class: `metalib-feedback metalib-${verdict || "empty"}`, role: "status" },
      element("b", {}, MARKS[verdict]),
      feedback,
    ),
  ];
  const stop = mount(model, el, { draw, message: () => null });
  const choose = (event) => model.send({ action: "choose", option: Number(event.target.value) });
  const follow = () => {
    // a radio button that was clicked no longer follows its attribute: another view of the question may have been
    const { chosen } = model.get("view");
    el.querySelectorAll("input").forEach((input, i) => (input.checked = i === chosen));
  };
  el.addEventListener("change", choose);
  model.on("change:view", follow);
  return () => {
    stop();
    model.off("change:view", follow);
    el.removeEventListener("change", choose);
  };
}

export default { render };
