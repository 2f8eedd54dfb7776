// Shows the questions that the server asks for the answers so far, and leads from an error to its field.
// Without this script every question is shown, and the server leaves out the answers to those it does not ask.
"use strict";

const conditionHolds = ({ test, values }, given) => {
  const isBlank = given.length === 0;
  const overlaps = given.some((value) => values.includes(value));
  switch (test) {
    case "is blank":
      return isBlank;
    case "is":
      return !isBlank && given.every((value) => values.includes(value)) && values.every((value) => given.includes(value));
    case "is not":
      return !isBlank && !overlaps;
    case "includes any of":
      return overlaps;
    default:
      throw new Error(`unknown test: ${test}`);
  }
};

for (const form of document.querySelectorAll("[data-form]")) {
  const conditional = [...form.querySelectorAll("[data-shown-when]")].map((field) => ({
    field,
    conditions: JSON.parse(field.dataset.shownWhen),
  }));

  // An answer to a hidden question counts as blank, as it does on the server.
  const answersTo = (key) =>
    [...form.elements]
      .filter((control) => control.name === `answers.${key}` && !control.closest("[hidden]"))
      .filter((control) => control.checked || !["radio", "checkbox"].includes(control.type))
      .map((control) => control.value.trim().normalize("NFC"))
      .filter((value) => value !== "");

  // A question depends on earlier ones only, so one pass in the order of the page settles whole chains.
  const update = () => {
    for (const { field, conditions } of conditional) {
      field.hidden = !conditions.every((condition) => conditionHolds(condition, answersTo(condition.fact)));
    }
  };

  form.addEventListener("input", update);
  update();
}

for (const link of document.querySelectorAll(".summary a")) {
  link.addEventListener("click", (event) => {
    const control = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!control) return;
    event.preventDefault();
    (control.closest(".field") ?? control).scrollIntoView();
    control.focus({ preventScroll: true });
  });
}
