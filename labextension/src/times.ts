/** Durations and clock times, short enough for a table; whole times are for tooltips. */

const two = (value: number): string => String(value).padStart(2, '0');

/** `0:07`, `12:03`, `1:02:03`, `2d 03h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86400)];
  if (days) {
    return `${days}d ${two(hours % 24)}h`;
  }
  return hours ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `12 s ago`, `4 min ago`, `3 h ago`. */
export function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 90) {
    return `${seconds} s ago`;
  }
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

/** `12:01:03`, in the reader's time zone. */
export function clock(time: number): string {
  const at = new Date(time);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `12:01:03.120`, for log lines. */
export function preciseClock(time: number): string {
  return `${clock(time)}.${String(Math.floor(time % 1000)).padStart(3, '0')}`;
}

/** `2026-11-22 12:01:03 (2026-11-22 11:01:03 UTC)`, for tooltips. */
export function whole(time: number): string {
  const at = new Date(time);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${clock(time)} (${at.toISOString().replace('T', ' ').slice(0, 19)} UTC)`;
}

/** `+0:07.120`, for log lines; `-` before what was written before the start. */
export function sinceStart(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  return `${milliseconds < 0 ? '-' : '+'}${duration(size)}.${String(Math.floor(size % 1000)).padStart(3, '0')}`;
}
