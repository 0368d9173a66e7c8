namespace PmOrleans.Decisioning.Rules;

/// <summary>What became of a boolean rule. An error is not a pass: whoever asks about eligibility treats it like False, and may count it.</summary>
public enum RuleOutcome : byte
{
    False,
    True,
    Error,
}
