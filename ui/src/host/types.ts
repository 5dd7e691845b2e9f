// What a host is: the one way by which the window asks the engine.
import type { Calls, Feeds, JobState, Jobs, Progress } from './shapes'

/** An error for a person, as the engine gives it; `gone` where the engine does not answer at all, `locked` where this tab may not ask. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hints: string[] = [],
  ) {
    super(message)
  }
}

export type CallName = keyof Calls
export type JobName = keyof Jobs
export type FeedName = keyof Feeds

/** An answer before its end, in the form of the whole. */
export type Partly<Answer> = Answer | undefined

/** What a job has found so far. */
export const partly = <Answer>(state: JobState): Partly<Answer> =>
  'partial' in state ? ((state.partial ?? undefined) as Partly<Answer>) : undefined

/** Long work under way. */
export interface Job<Answer> {
  /** Its number; 0 until the engine has given it one. */
  id: number
  /** Tells how far it is, and what it has found so far where it tells that; the answer ends that. */
  progress(told: (progress: Progress, partial: Partly<Answer>) => void): () => void
  done: Promise<Answer>
  cancel(): void
}

export interface Host {
  call<N extends CallName>(name: N, request: Calls[N]['request']): Promise<Calls[N]['answer']>
  start<N extends JobName>(name: N, request: Jobs[N]['request']): Job<Jobs[N]['answer']>
  /** Goes on with a job that is under way, as `state` names it. */
  join<N extends JobName>(name: N, id: number): Job<Jobs[N]['answer']>
  /** Resumes by itself where the engine was away; `onEnd` is for what does not mend. */
  follow<F extends FeedName>(
    name: F,
    after: number | null,
    onItems: (items: Feeds[F][]) => void,
    onEnd: (failure?: Failure) => void,
  ): () => void
  /** Calls `hears` when a feed broke off: feeds resume by themselves, but the engine may be away until then. */
  onBreak?(hears: () => void): () => void
  /** What only the desktop program can do; `null` in a browser. */
  desktop: Desktop | null
}

/** What only the desktop program can do. */
export interface Desktop {
  /** Whether the desktop shows tray icons. */
  tray: boolean
  /** Asks for a folder with the system's dialog; `null` where the person thinks better of it. */
  chooseFolder(): Promise<string | null>
  /** Shows a file or folder in the system's own program. */
  reveal(path: string): Promise<void>
  /** Starts the engine anew. */
  restart(): Promise<void>
  /** Closes the window; the tray stays. */
  close(): Promise<void>
}
