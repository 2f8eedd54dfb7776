// Reads [{text}, ...] from standard input; writes, for each, the [start, end] instants that each parser finds.
const ICAL = require("ical.js").default ?? require("ical.js");
const nodeIcal = require("node-ical");

function byIcalJs(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  const parts = calendar.getAllSubcomponents("vevent").map((part) => new ICAL.Event(part));
  const whole = parts.find((part) => !part.isRecurrenceException());
  for (const part of parts) if (part !== whole) whole.relateException(part);
  if (!whole.isRecurring()) return [[whole.startDate.toJSDate(), whole.endDate.toJSDate()]];
  const found = [];
  const turns = whole.iterator();
  for (let turn = turns.next(); turn; turn = turns.next()) {
    const { startDate, endDate } = whole.getOccurrenceDetails(turn);
    found.push([startDate.toJSDate(), endDate.toJSDate()]);
  }
  return found;
}

function byNodeIcal(text) {
  const event = Object.values(nodeIcal.sync.parseICS(text)).find((part) => part.type === "VEVENT");
  return [[event.start, event.end]];
}

const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map((text) => ({ icalJs: byIcalJs(text), nodeIcal: byNodeIcal(text) }))));
