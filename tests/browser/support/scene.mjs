// What the scene says of itself to those who cannot see it, beside what the server answers.

import { strict as assert } from "node:assert";

const number = (text) => Number(text.replaceAll(",", ""));
const figure = (label, pattern) => { const found = label.match(pattern); return found ? number(found[1]) : 0; };

async function label(lab, begin) {
  const found = lab.page.locator(`.scene [aria-label^="${begin}"]`).first();
  return await found.count() ? found.getAttribute("aria-label") : null;
}

async function ask(lab, subject) {
  const answer = JSON.parse((await lab.request(subject)).payload);
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  return answer;
}

/** Reads label and answer until both were taken of the same moment: time goes on while the server is asked. */
async function atOneMoment(lab, begin, subject) {
  for (let tries = 0; tries < 40; tries += 1) {
    await lab.drawn();
    const before = await label(lab, begin);
    const answer = await ask(lab, subject);
    await lab.drawn();
    if (before !== null && before === await label(lab, begin)) return [before, answer];
  }
  throw new Error(`the scene never rests: ${begin}`);
}

/** The strip of a stream says what `STREAM.INFO` says. */
export async function streamAgrees(lab, name) {
  const [said, { state }] = await atOneMoment(lab, `Stream ${name},`, `$JS.API.STREAM.INFO.${name}`);
  assert.equal(figure(said, /, ([\d,]+) messages?/), state.messages, said);
  const range = said.match(/, sequences? ([\d,]+)(?: to ([\d,]+))?/);
  if (state.messages > 0) {
    assert.equal(number(range[1]), state.first_seq, said);
    assert.equal(number(range[2] ?? range[1]), state.last_seq, said);
  }
  return state;
}

/** The strip of a consumer says what `CONSUMER.INFO` says. */
export async function consumerAgrees(lab, stream, name) {
  const begin = `Consumer ${name} on ${stream}:`;
  const [said, info] = await atOneMoment(lab, begin, `$JS.API.CONSUMER.INFO.${stream}.${name}`);
  const outstanding = figure(said, /: ([\d,]+) in flight/) + figure(said, /([\d,]+) waiting to be redelivered/);
  assert.equal(outstanding, info.num_ack_pending, said);
  assert.equal(figure(said, /([\d,]+) not yet delivered/), info.num_pending, said);
  assert.equal(figure(said, /ack floor ([\d,]+)/), info.ack_floor.stream_seq, said);
  return { said, info, givenUp: figure(said, /([\d,]+) given up/) };
}
