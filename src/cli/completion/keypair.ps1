# Completion for PowerShell: keypair completes the word at the cursor.

Register-ArgumentCompleter -Native -CommandName keypair -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_.Value -is [string]) { $_.Value } else { $_.Extent.Text } })
    $word = $wordToComplete -replace '^[''"]', ''
    $lines = @(& (Get-Command keypair -CommandType Application | Select-Object -First 1) complete powershell "=$word" @before 2>$null)
    # PowerShell offers files if there are no results.
    if ($lines.Count -eq 0 -or $lines[0] -ne 'words') { return }
    $lines | Select-Object -Skip 1 | ForEach-Object {
        $text, $description = $_ -split "`t", 2
        if (-not $description) { $description = $text }
        $quoted = if ($text -match '^[A-Za-z0-9_./:=+-]+$') { $text } else { "'" + ($text -replace '[''\u2018-\u201b]', '$0$0') + "'" }
        [System.Management.Automation.CompletionResult]::new($quoted, $text, 'ParameterValue', $description)
    }
}
