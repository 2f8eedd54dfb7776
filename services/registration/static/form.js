// Hides questions that the answers so far make pointless. Without it, every question is shown.
"use strict";

for (const form of document.querySelectorAll("[data-form]")) {
  const conditional = [...form.querySelectorAll("[data-shown-when]")].map((field) => ({
    field,
    conditions: JSON.parse(field.dataset.shownWhen),
  }));

  const known = (data, fact) => data.getAll("answers." + fact).filter((value) => value !== "");

  const holds = (data, { fact, test, values }) => {
    const given = known(data, fact);
    const overlaps = given.some((value) => values.includes(value));
    if (test === "is blank") return given.length === 0;
    if (given.length === 0) return false;
    if (test === "includes any of") return overlaps;
    if (test === "is not") return !overlaps;
    return given.length === values.length && given.every((value) => values.includes(value));
  };

  const update = () => {
    const data = new FormData(form);
    for (const { field, conditions } of conditional) {
      field.hidden = !conditions.every((condition) => holds(data, condition));
    }
  };

  form.addEventListener("change", update);
  update();
}
