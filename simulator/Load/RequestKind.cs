namespace PmOrleans.Simulator.Load;

/// <summary>What a request of a load is, and so what it must be answered.</summary>
public enum RequestKind : byte
{
    Decision,
    Touchpoints,
    DuplicateDecision,
    DuplicateTouchpoints,
    LateTouchpoints,
    ReorderedTouchpoints,
    Malformed,
}
