/** Parts that listeners for several protocols share: TLS, proxies in front, checks of requests. */
package io.linkspan.listener;
