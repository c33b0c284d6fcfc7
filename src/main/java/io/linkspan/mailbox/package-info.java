/**
 * Mailboxes of users: Messages that wait in a log until the user has a session. Shared by all event
 * loops.
 */
package io.linkspan.mailbox;
