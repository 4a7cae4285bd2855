const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const secondsSince = (start) => Math.round((Date.now() - start) / 1000);

/**
 * Says on stderr what a long step does while it does it: a spinner with the elapsed seconds on a terminal,
 * elsewhere a line at the start, one every 15 seconds and one at the end.
 * `work` receives `report(text)`, which adds a remark to the line.
 */
export async function step(title, work) {
  const start = Date.now();
  const line = process.stderr.isTTY ? spinnerLine(title, start) : plainLines(title, start);
  try {
    const result = await work(line.report);
    line.end(`${title}: done in ${secondsSince(start)} s`);
    return result;
  } catch (error) {
    line.end(`${title}: failed after ${secondsSince(start)} s`);
    throw error;
  }
}

/** One line about what happens, on stderr. */
export const say = (text) => process.stderr.write(`${text}\n`);

function spinnerLine(title, start) {
  let remark = '';
  let turn = 0;
  const draw = () => {
    const text = `${frames[turn++ % frames.length]} ${title} … ${secondsSince(start)} s${remark && `, ${remark}`}`;
    process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
  };
  const timer = setInterval(draw, 100);
  return {
    report: (text) => {
      remark = text;
    },
    end: (text) => {
      clearInterval(timer);
      process.stderr.write('\r\x1b[K');
      say(text);
    },
  };
}

function plainLines(title, start) {
  let remark = '';
  say(`${title} …`);
  const timer = setInterval(() => say(`${title} … ${secondsSince(start)} s${remark && `, ${remark}`}`), 15_000);
  return {
    report: (text) => {
      remark = text;
    },
    end: (text) => {
      clearInterval(timer);
      say(text);
    },
  };
}
