namespace PmOrleans.Node.Owners;

/// <summary>This activation of an owner cannot save any more: another one has, or the outcome of a save is not known. It is to be loaded again.</summary>
public sealed class OwnerLostException(string owner) : Exception($"The state of owner '{owner}' was saved by another activation, or its last save is in doubt.");
