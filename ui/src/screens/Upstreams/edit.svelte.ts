// A profile while it is edited: the draft, what is wrong with it, what is not saved.
import { call, type Complaint, type Failure, type ProfileDraft } from '../../host'
import { asFailure } from '../../shell/state.svelte'
import { changes, mended } from './draft'

/** So long after the last key it is checked. */
const CHECK_AFTER = 300

export class Edit {
  draft: ProfileDraft = $state.raw() as ProfileDraft
  complaints = $state.raw<Complaint[]>([])
  /** The chain in Go's own syntax, as last checked. */
  goproxy = $state('')
  /** Why go would not be given its list behind Larder; none where it would. */
  noNet = $state<string | null>(null)
  isSaving = $state(false)
  /** Whether its name is open to change. */
  isRenaming = $state(false)
  /** Why it could not be checked or saved. */
  failure = $state.raw<Failure | null>(null)
  #before: ProfileDraft = $state.raw() as ProfileDraft
  #was: string | null
  #timer: ReturnType<typeof setTimeout> | undefined
  #turn = 0
  /** How many fields are not saved. */
  readonly changed: number = $derived(changes(this.#before, this.draft))

  constructor(before: ProfileDraft, was: string | null) {
    this.#before = before
    this.draft = before
    this.#was = was
    void this.check()
  }

  get isNew(): boolean {
    return this.#was === null
  }

  /** The name by which it is known now. */
  get was(): string | null {
    return this.#was
  }

  /** What is wrong with a field, the first of it. */
  of(field: string): Complaint | undefined {
    return this.complaints.find((complaint) => complaint.field === field)
  }

  /** The same, as a field shows it. */
  error(
    field: string,
    found = this.of(field),
  ): { message: string; mend?: { label: string; use: () => void } } | undefined {
    if (!found) return undefined
    const { message, mend } = found
    return mend ? { message, mend: { label: mend.label, use: () => this.mend(found) } } : { message }
  }

  /** Fields in another state; checked once no key was pressed for a while. */
  change(fields: Partial<ProfileDraft>) {
    this.draft = { ...this.draft, ...fields }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.check(), CHECK_AFTER)
  }

  /** A field was left: what was typed there is checked at once. */
  settle = () => {
    if (this.#timer === undefined) return
    void this.check()
  }

  /** Takes what a complaint offers. */
  mend(complaint: Complaint) {
    this.draft = mended(this.draft, complaint)
    void this.check()
  }

  discard() {
    this.draft = this.#before
    this.failure = null
    void this.check()
  }

  /** What the engine says of it now, where nothing here is unsaved. */
  refresh(before: ProfileDraft) {
    if (this.changed > 0 || this.isNew) return
    this.#before = before
    this.draft = before
    void this.check()
  }

  async check(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const turn = ++this.#turn
    try {
      const draft = this.draft
      const found = await call('profile-check', { draft, is_new: this.#was === null, was: this.#was })
      if (turn !== this.#turn) return
      this.complaints = found.complaints
      this.goproxy = found.goproxy
      this.noNet = found.safety_net_why_not
    } catch (error) {
      if (turn === this.#turn) this.failure = asFailure(error)
    }
  }

  /** Saves it; whether that was done. */
  async save(): Promise<boolean> {
    await this.check()
    if (this.complaints.length > 0) return false
    this.isSaving = true
    this.failure = null
    try {
      await call('profile-save', { draft: this.draft, was: this.#was })
      this.#before = this.draft
      this.#was = this.draft.name
      return true
    } catch (error) {
      this.failure = asFailure(error)
      return false
    } finally {
      this.isSaving = false
    }
  }

  end() {
    clearTimeout(this.#timer)
    this.#turn += 1
  }
}
