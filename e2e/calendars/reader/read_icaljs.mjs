// Reads calendar files with ical.js, the reader of Thunderbird and of Nextcloud's web pages. One JSON object
// {"file": base64} on a line of standard input for each; one on a line of standard output, in the same order.
import { createInterface } from 'node:readline'
import ICAL from './ical.min.mjs'

const instant = time => {
  if (time.isDate || time.zone !== ICAL.Timezone.utcTimezone) throw new Error(`${time} is not an instant in UTC`)
  return time.toJSDate().toISOString()
}
const value = (component, name) => String(component.getFirstPropertyValue(name) ?? '')
const people = (component, name) => component.getAllProperties(name).map(p => ({ name: p.getParameter('cn') ?? '', address: p.getFirstValue() }))

const entry = (calendar, event) => ({
  method: value(calendar, 'method'),
  uid: value(event, 'uid'),
  sequence: event.getFirstPropertyValue('sequence'),
  stamp: instant(event.getFirstPropertyValue('dtstamp')),
  start: instant(event.getFirstPropertyValue('dtstart')),
  end: instant(event.getFirstPropertyValue('dtend')),
  summary: value(event, 'summary'),
  description: value(event, 'description'),
  location: value(event, 'location'),
  url: value(event, 'url'),
  status: value(event, 'status'),
  organizer: people(event, 'organizer'),
  attendees: people(event, 'attendee'),
})

const read = file => {
  const calendar = new ICAL.Component(ICAL.parse(new TextDecoder('utf-8', { fatal: true }).decode(file)))
  return { entries: calendar.getAllSubcomponents('vevent').map(event => entry(calendar, event)) }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = read(Buffer.from(JSON.parse(line).file, 'base64'))
  } catch (trouble) {
    answer = { trouble: String(trouble) }
  }
  console.log(JSON.stringify(answer))
}
