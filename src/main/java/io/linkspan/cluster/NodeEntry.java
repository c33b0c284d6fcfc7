package io.linkspan.cluster;

/** An entry of the directory that concerns nodes, and goes when they are lost. */
interface NodeEntry extends NodeIds {}
