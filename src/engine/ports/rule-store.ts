import type { ReminderRule } from '../../domain/reminder-rule.ts'

/** Reminder rules that were made through the API; those of the configuration come before them. */
export type RuleStore = {
  /** In their order. */
  list(subAccountId: string): Promise<ReminderRule[]>
  /** Creates it at the end of the order, or replaces the one with the same id in its place. */
  put(subAccountId: string, rule: ReminderRule): Promise<'created' | 'replaced'>
  /** False when there was none. */
  delete(subAccountId: string, id: string): Promise<boolean>
  /** Puts the rules into this order; false, with nothing changed, unless `ids` names each of them once. */
  reorder(subAccountId: string, ids: readonly string[]): Promise<boolean>
}
